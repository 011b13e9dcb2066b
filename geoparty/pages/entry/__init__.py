"""The scripts Streamlit serves, alone in a folder.

Streamlit puts the folder of its script first on ``sys.path``: beside the pages, a page named like
a package would be imported in its place by whatever library looks for that package.
"""
