"""The tunnel: many TCP connections between docprobe and a pod, over one byte stream.

A pod has no network but its own loopback, and no port of it is published. What docprobe's process exchanges with it
goes through the stdin and stdout of the pod's anchor, which the engine attaches docprobe to; so it works over a UNIX
socket, TCP or TLS alike, and when docprobe dies the stream ends and the pod with it.

The protocol
============

Each direction is a sequence of frames (``frames``): kind, channel, payload. Numbers are in network order, a payload has
at most 32 KiB.

**Channel 0** is the pod as a whole::

    anchor → docprobe   READY      the release of the kernel it sees; the first frame
                        SOCKETS    which TCP sockets listen, whenever that changes
                        LISTENING  a LISTEN was done
                        FAILED     a LISTEN was not: port and errno
                        FAULT      a STAGE or LINK was not done: a sentence
                        PONG       the answer to a PING, with its payload
    docprobe → anchor   LISTEN     accept connections on this port of both loopback addresses
                        STAGE      append to a file of the example
                        LINK       make a symbolic link
                        PING       at least every 5 s; it also marks that everything before it is done

**Other channels** are one TCP connection each. docprobe numbers those that it opens from 1, the anchor those that it
accepted from 2³¹; a number is never used again::

    docprobe → anchor   OPEN       connect to this address and port
    anchor → docprobe   OPENED     done
                        FAILED     refused, or the connection broke later: errno
                        ACCEPTED   a new connection to this port, on this new channel
    both                DATA       bytes
                        END        no more bytes from this side; the other may still send
                        CREDIT     this many bytes more may be sent
    docprobe → anchor   CLOSE      docprobe is done with the channel
    anchor → docprobe   CLOSED     so is the anchor; no frame of the channel follows

**Flow control.** Each side of a channel may send 256 KiB before the other grants more with CREDIT, which it does when a
quarter was taken. So one connection that nobody reads holds up no other, and every buffer is bounded.

**Trust.** The anchor is docprobe's own program, yet it runs beside code of strangers. Whatever arrives is checked; a
frame that breaks the protocol ends the tunnel with a PodError.

**Ends.** A PING without an answer for 20 s ends the tunnel: an engine that was cut off sends no end of stream. The
anchor ends when its stdin ends, or when nothing came for 90 s.

Who is who: :class:`~harness.engine.tunnel.tunnel.Tunnel` is docprobe's end, and the anchor's end is
``harness/engine/inside/anchor.py``. ``frame_stream`` sends and receives frames, ``channel`` makes a byte stream of one
connection, ``transport`` makes an httpx transport of all.
"""
