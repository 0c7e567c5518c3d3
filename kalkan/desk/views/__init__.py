"""Pages: each view fetches through :mod:`kalkan.desk.access`, acts through :mod:`kalkan.desk.actions`, and renders."""
