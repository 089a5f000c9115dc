"""One evening of many entries of many files: broken off and judged (`make evening`), measured (`make bench`)."""
