/* tcp-states PORT: a connection to 127.0.0.1:PORT from its start to its end, and one that is never answered, so that its SYN is
 * sent again. Prints the local ports of both, and how many sockets it made itself. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int sockets;
static struct sockaddr_in address;

static int tcp(void) { sockets++; return socket(AF_INET, SOCK_STREAM, 0); }

static int port_of(int fd) {
  struct sockaddr_in own;
  socklen_t length = sizeof own;
  getsockname(fd, (struct sockaddr *)&own, &length);
  return ntohs(own.sin_port);
}

int main(int argc, char **argv) {
  int one = 1, server = tcp();
  char byte;
  address.sin_family = AF_INET;
  address.sin_port = htons(atoi(argc > 1 ? argv[1] : "7777"));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 0)) return perror("listen"), 1;

  int client = tcp();
  if (connect(client, (struct sockaddr *)&address, sizeof address)) return perror("connect"), 1;
  int accepted = accept(server, NULL, NULL);
  printf("states %d\n", port_of(client));
  shutdown(client, SHUT_WR);
  if (read(accepted, &byte, 1) != 0) return 1;
  close(accepted);
  if (read(client, &byte, 1) != 0) return 1;
  close(client);

  /* A queue for no connection holds one: the next one's SYN is dropped. */
  int queued = tcp();
  if (connect(queued, (struct sockaddr *)&address, sizeof address)) return perror("connect"), 1;
  int dropped = tcp();
  fcntl(dropped, F_SETFL, O_NONBLOCK);
  connect(dropped, (struct sockaddr *)&address, sizeof address);
  printf("sent again %d\n", port_of(dropped));
  struct pollfd wait = { dropped, POLLOUT, 0 };
  poll(&wait, 1, 1500);
  printf("sockets %d\n", sockets);
  return 0;
}
