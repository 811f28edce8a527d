# Sourced: where packages come from and whom to trust, if the builder's machine says so. Both are secrets of the build: nothing of them
# stays in a layer. `packages` holds lines like UV_DEFAULT_INDEX='…', `certificates` a bundle (PEM); without them PyPI is asked.
set -a
if [ -e /run/secrets/packages ]; then . /run/secrets/packages; fi
if [ -e /run/secrets/certificates ]; then
  SSL_CERT_FILE=/run/secrets/certificates
  PIP_CERT=/run/secrets/certificates
fi
PIP_DISABLE_PIP_VERSION_CHECK=1
UV_NO_CACHE=1
UV_PYTHON_DOWNLOADS=never
set +a
