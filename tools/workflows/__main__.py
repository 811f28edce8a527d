"""Judge the workflows of GitHub."""

from tools.workflows import main

main()
