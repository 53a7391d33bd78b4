"""Uploaded files, which the server keeps in memory until two minutes after their page is closed."""

from __future__ import annotations

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def let_go(file: UploadedFile) -> None:
    """Frees the memory of an upload that is on disk by now: nobody asks for its bytes again.

    An uploader with the same key has no file from the next run on.
    """
    context = get_script_run_ctx()
    kept = context.uploaded_file_mgr if context is not None else None
    if context is not None and isinstance(kept, MemoryUploadedFileManager):
        kept.remove_file(context.session_id, file.file_id)
