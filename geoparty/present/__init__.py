"""What people take away: GeoJSON, Excel, maps, reports, in their language."""

from geoparty.present.docx import report_docx
from geoparty.present.geojson import feature_collection
from geoparty.present.geopackage import Legend, geopackage_bytes
from geoparty.present.kml import Folders, kml_bytes
from geoparty.present.masking import circulation
from geoparty.present.narrow import narrowed
from geoparty.present.outputs import map_html, write_outputs
from geoparty.present.pdf import report_pdf
from geoparty.present.progress import progress_files, write_progress
from geoparty.present.report import Form
from geoparty.present.roundtrip import add_to_workbook
from geoparty.present.tables import csv_bytes
from geoparty.present.workbook import workbook_bytes

__all__ = [
    "Folders",
    "Form",
    "Legend",
    "add_to_workbook",
    "circulation",
    "csv_bytes",
    "feature_collection",
    "geopackage_bytes",
    "kml_bytes",
    "map_html",
    "narrowed",
    "progress_files",
    "report_docx",
    "report_pdf",
    "workbook_bytes",
    "write_outputs",
    "write_progress",
]
