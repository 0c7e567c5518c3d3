"""The desk's addresses, one file an area; ``kalkan.desk.urls`` joins them."""
