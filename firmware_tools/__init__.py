"""Tools for meter modules: the virtual meter, bench and campus."""
