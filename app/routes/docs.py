"""`/docs` without a third party: Swagger UI from the installed package, started by a script of our own (strict CSP)."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from app.deps import root

router = APIRouter(include_in_schema=False)
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Unrolled: REST API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}/docs/assets/swagger-ui.css"></head>
<body><nav style="padding: 0.8rem 20px 0; font: 1rem sans-serif"><a href="{root}/">← Unrolled</a></nav>
<div id="swagger-ui"></div>
<script src="{root}/docs/assets/swagger-ui-bundle.js"></script>
<script src="{root}/docs/start.js"></script></body>
</html>
"""
START = """SwaggerUIBundle({
  url: new URL('../openapi.json', document.currentScript.src).href,
  dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null, tryItOutEnabled: true,
});
"""


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(PAGE.format(root=root(request)))


@router.get("/docs/start.js")
async def start() -> Response:
    """Its one script."""
    return Response(START, media_type="text/javascript")


def mount(app: FastAPI) -> None:
    """Serve the package's assets."""
    app.mount("/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")]), name="docs-assets")
