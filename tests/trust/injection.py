"""Strings that try to be executed wherever they are shown, opened or parsed."""

PAYLOADS = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "<svg/onload=window.hacked=1>",
    "`${window.hacked=1}`",
    "'+(window.hacked=1)+'",
    '"+(window.hacked=1)+"',
    "\\';window.hacked=1;//",
    "{{window.hacked=1}}",
    "{% raw %}{{ 7*7 }}",
    "javascript:window.hacked=1",
    "]]><script>window.hacked=1</script>",
    "&lt;script&gt;window.hacked=1",
    "=HYPERLINK(\"http://127.0.0.1:9/?\"&A1,\"x\")",
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "'; drop table places; --",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "../../../../etc/passwd",
    "[x](javascript:window.hacked=1)",
    "**:red[x]** $\\href{javascript:window.hacked=1}{x}$",
)  # fmt: skip
"""HTML, script, template, spreadsheet, SQL, XML, path and Markdown strings."""
