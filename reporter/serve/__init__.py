"""The HTTP layer: the paths that upstream's users know, over the same jobs as the commands.

A thin layer. Nothing is assessed, planned or worded here; GETs write nothing; what a POST does is dry unless `execute`
is true. FastAPI and uvicorn are imported here and nowhere else: they come with `reporter[serve]`.
"""
