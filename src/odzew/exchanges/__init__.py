"""Services outside that share lists of known hashes, or answer whether they know one.

It owns which services are enrolled, their sealed credentials, how far each list has been read, what could not be read, and what was
asked of and told to each. One module of `forms` for each form of service turns its pages into records, and holds no socket. It never
stores an entry itself (`banks` does), never opens a connection, and never decides what may leave (the policy does).
"""
