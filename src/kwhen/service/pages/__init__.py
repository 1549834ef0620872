"""The docs as a site of fixed files: pages, the API reference, and Markdown for machines."""
