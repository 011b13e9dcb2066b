"""A drawing in millimetres put out as PDF vectors or as a PNG."""

from __future__ import annotations

import io
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from geoparty.present.drawing import Picture, Text

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

FONT_FILES = {
    "regular": "LiberationSerif-Regular.ttf",
    "bold": "LiberationSerif-Bold.ttf",
    "italic": "LiberationSerif-Italic.ttf",
}
_HALO_MM = 0.35


def draw_pdf(canvas: Canvas, picture: Picture, fonts: dict[str, str]) -> None:
    """Draw a picture as vectors on a canvas whose origin is its bottom left corner."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm

    canvas.setLineJoin(1)
    for item in picture.items:
        if isinstance(item, Text):
            canvas.setFillColor(HexColor("#111111"))
            canvas.setFont(fonts["regular"], item.size_mm * mm)
            draw = canvas.drawString if item.anchor == "start" else canvas.drawCentredString
            at = (item.x * mm, (picture.height_mm - item.y) * mm)
            if item.halo:
                canvas.setStrokeColor(HexColor("#ffffff"))
                canvas.setLineWidth(_HALO_MM * 2 * mm)
                draw(*at, item.text, mode=1)
            draw(*at, item.text, mode=0)
            continue
        path = canvas.beginPath()
        points = np.column_stack([item.points[:, 0], picture.height_mm - item.points[:, 1]]) * mm
        path.moveTo(*points[0].tolist())
        for x, y in points[1:].tolist():
            path.lineTo(x, y)
        if item.closed:
            path.close()
        if item.stroke:
            canvas.setStrokeColor(HexColor(item.stroke))
            canvas.setLineWidth(item.width_mm * mm)
        if item.fill:
            canvas.setFillColor(HexColor(item.fill))
        canvas.drawPath(path, stroke=int(bool(item.stroke)), fill=int(bool(item.fill)))


def png_bytes(picture: Picture, *, dpi: int = 200) -> bytes:
    """Return a picture as a PNG, smoothed by drawing it twice as large."""
    from PIL import Image, ImageDraw, ImageFont

    scale = 2 * dpi / 25.4
    size = (round(picture.width_mm * scale), round(picture.height_mm * scale))
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    fonts: dict[float, Any] = {}
    for item in picture.items:
        if isinstance(item, Text):
            if item.size_mm not in fonts:
                font = files(__package__).joinpath("vendor", FONT_FILES["regular"])
                stream = io.BytesIO(font.read_bytes())
                fonts[item.size_mm] = ImageFont.truetype(stream, item.size_mm * scale)
            anchor = "ls" if item.anchor == "start" else "ms"
            at = (item.x * scale, item.y * scale)
            font, halo = fonts[item.size_mm], round(_HALO_MM * scale) if item.halo else 0
            draw.text(at, item.text, "#111111", font, anchor, stroke_width=halo, stroke_fill="#fff")
            continue
        points = [tuple(point) for point in (item.points * scale).tolist()]
        width = max(1, round(item.width_mm * scale))
        if item.fill and len(points) > 2:
            draw.polygon(points, fill=item.fill)
        if item.stroke:
            draw.line([*points, points[0]] if item.closed else points, item.stroke, width, "curve")
    small = image.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "PNG", optimize=True, dpi=(dpi, dpi))
    return stream.getvalue()
