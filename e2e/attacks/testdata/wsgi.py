# Answers with what a WSGI application sees of the request's headers. Prints its port; ends with its standard input.
import json
import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server


def application(environ, start_response):
    env = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    body = json.dumps({"env": env}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Backend", "wsgi"), ("Content-Length", str(len(body)))])
    return [body]


class Handler(WSGIRequestHandler):
    # Without this, the server looks up the client's name for every request.
    def address_string(self):
        return self.client_address[0]

    def log_message(self, format, *args):
        pass


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
server = make_server("127.0.0.1", 0, application, handler_class=Handler)
print(server.server_port, flush=True)
server.serve_forever()
