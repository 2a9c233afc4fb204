"""The hot path: a known question over HTTP, beside an endpoint that was written by hand."""
