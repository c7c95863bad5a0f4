"""The fingerprint that a reporter's own device makes of a picture or a film: the script that makes it, and what comes back in the form.

The file never leaves the device. The script is plain JavaScript, served from our own address, and can ask for nothing.
"""
