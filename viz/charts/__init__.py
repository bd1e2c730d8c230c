"""Charts of treatments, comparisons and programmes as matplotlib figures."""
