"""Import another app's export, and say what became of every row."""

from fastapi import Response

from arena.client import ApiProblem
from arena.web.forms import Form, Submitted, refused, sentence
from arena.web.routing import page_router
from arena.web.visitor import SignedIn

router = page_router()
_INPUTS = {"file": "file", "body.file": "file"}


@router.get("/imports")
async def form(visitor: SignedIn) -> Response:
    """Choose a file."""
    await visitor.person()
    return visitor.show("import.html", form=Form(), report=None)


@router.post("/imports")
async def take(visitor: SignedIn, sent: Submitted) -> Response:
    """All of it or nothing; the report accounts for every row."""
    await visitor.person()
    file = sent.file("file")
    if file is None:
        return visitor.show("import.html", 422, form=Form(errors={"file": "Choose the file that the other app exported."}), report=None)
    try:
        report = await visitor.client.habits.import_file(file.filename or "export", await file.read())
    except ApiProblem as problem:
        again = refused(sent, problem, _INPUTS)
        shown = Form(errors={"file": again.error("file") or sentence(problem.detail)}, request_id=again.request_id)
        return visitor.show("import.html", problem.status, form=shown, report=None)
    return visitor.show("import.html", form=Form(), report=report)
