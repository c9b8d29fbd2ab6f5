/** Scripts of the seed documents, as they stand there. */

/** Connections of TCP Fast Open. The document lost the ends of blocks, and what the branches say. */
export const FAST_OPEN = `#! /usr/bin/env stap

function printconn(skb) {
    iphdr  = __get_skb_iphdr(skb)
    tcphdr = __get_skb_tcphdr(skb)
    daddr  = format_ipaddr(__ip_skb_daddr(iphdr), AF_INET())
    saddr  = format_ipaddr(__ip_skb_saddr(iphdr), AF_INET())
    dport  = __tcp_skb_dport(tcphdr)
    sport  = __tcp_skb_sport(tcphdr)

    printf(" TFO connection %s:%d -> %s:%d\\n", saddr, sport, daddr, dport);
}

probe kernel.function("tcp_try_fastopen").return {
    if ($foc->len > 0) {
        if ($return) {
            printf("successful")
        } else {
            printf("failed")
        }
        printconn($skb)
    }
}
`;

/** hello-world.stp */
export const HELLO_WORLD = `probe begin
{
  print("hello world!\\n")
  exit()
}
`;

/** strace-open.stp */
export const STRACE_OPEN = `probe syscall.open
{
    # stap -e script -c cmd -x pid  
	# stap  -vv -e 'probe syscall.open {printf("name: %s args: %s [var: %s parms: %s]\\n", name, argstr, $$vars, $$parms)}'

	printf("%s(%d) open (%s)\\n", execname(), pid(), argstr)  
}

probe timer.s(4)
{
  exit()
}
`;

/** An alias of the document's own, with its use. The array's declaration is not shown there. */
export const NETDEV_RECEIVE = `probe netdev.receive
        =  kernel.function("netif_receive_skb")
{
        dev_name = kernel_string($skb->dev->name)
        length = $skb->len
        protocol = $skb->protocol
        truesize = $skb->truesize
}

# used
probe netdev.receive
{
	ifrecv[pid(), dev_name, execname(), uid()] <<< length
}
global ifrecv
`;

/** Of tcp_trace.stp. Functions and globals that it uses are ours: the document does not show them. */
export const TCP_TRACE = `%( kernel_v > "2.6.24" %?
probe kernel.function("tcp_set_state")
{
	sk = $sk
	new_state = $state
	TCP_CLOSE = 7
	TCP_CLOSE_WAIT = 8
	key = filter_key(sk)
	if ( key && ((new_state == TCP_CLOSE)||(new_state == TCP_CLOSE_WAIT))){
		if (state_flg && state[key]) print_close(key,new_state);
		clean_up(key);
	}
}
%)
global state_flg = 1, state
function filter_key(sk) { if (pid() == target()) state[sk] = 1; return pid() == target() ? sk : 0 }
function print_close(key, new_state) { printf("close %d\\n", new_state) }
function clean_up(key) { delete state[key] }
`;

/** Of iotime.stp. The globals' declarations are not shown in the document. */
export const IOTIME = `function timestamp:long() { return gettimeofday_us() - start }
function proc:string() { return sprintf("%d (%s)", pid(), execname()) }
probe begin { start = gettimeofday_us() }

probe syscall.open.return {
  filename = user_string($filename)
  if ($return != -1) {
    filehandles[pid(), $return] = filename
  } else {
    printf("%d %s access %s fail\\n", timestamp(), proc(), filename)
  }
}
global start, filehandles
`;

/** TCP connections that come in. */
export const ACCEPT = `#! /usr/bin/env stap
probe begin {
	printf("%6s %16s %6s %6s %16s\\n",
			"UID", "CMD", "PID", "PORT", "IP_SOURCE")
}
probe kernel.function("tcp_accept").return?,
      kernel.function("inet_csk_accept").return? {
		sock = $return
		if (sock != 0)
		      printf("%6d %16s %6d %6d %16s\\n", uid(), execname(), pid(),
			     inet_get_local_port(sock), inet_get_ip_source(sock))
}
`;

/** para-callgraph.stp */
export const PARA_CALLGRAPH = `#
# stap para-callgraph.stp 'process("/bin/ls").function("*")' \\
# 'process("/bin/ls").function("main")' -c "/bin/ls > /dev/null"

#! /usr/bin/env stap

function trace(entry_p, extra) {
  %( $# > 1 %? if (tid() in trace) %)
  printf("%s%s%s %s\\n",
         thread_indent (entry_p),
         (entry_p>0?"->":"<-"),
         ppfunc (),
         extra)
}


%( $# > 1 %?
global trace
probe $2.call {
  trace[tid()] = 1
}
probe $2.return {
  delete trace[tid()]
}
%)

probe $1.call   { trace(1, $$parms) }
probe $1.return { trace(-1, $$return) }
`;

/** thread_indent.stp */
export const THREAD_INDENT = `probe kernel.function("*@net/socket.c") 
{
  printf ("%s -> %s\\n", thread_indent(1), probefunc())
}
probe kernel.function("*@net/socket.c").return 
{
  printf ("%s <- %s\\n", thread_indent(-1), probefunc())
}
`;

/** tcp_state.stp: the remote address and port are its arguments. */
export const TCP_STATE = `global tcp_state;

global filter_rip
global filter_rport

probe begin
{
	filter_rip =  ipv4_pton(@1)
	filter_rport = $2;

	init_tcp_state()
	printf("Start stat now....\\n")
}

function ipv4_pton:long (addr:string)
{
	i=32;
	ip=0;
	ips=addr;
	while(strlen(byte = tokenize(ips, ".")) != 0) {
		i-=8;
		ips="";

		j=strtol(byte,10);
		ip=ip+(j<<i) // left shift the byte into the address
	}

	return ip;
}

function init_tcp_state ()
{
	tcp_state[1] = "ESTABLISHED"
	tcp_state[2] = "SYN_SENT"
	tcp_state[3] = "SYN_RECV"
	tcp_state[4] = "FIN_WAIT1"
	tcp_state[5] = "FIN_WAIT2"
	tcp_state[6] = "TIME_WAIT"
	tcp_state[7] = "CLOSE"
	tcp_state[8] = "CLOSE_WAIT"
	tcp_state[9] = "LAST_ACK"
	tcp_state[10] = "LISTEN"
	tcp_state[11] = "CLOSING"
}

function state_num2str:string ( state:long )
{
	return (state in tcp_state ? tcp_state[state] : "UNDEF")
}

function filter_pkg:long( raddr:long, rport:long)
{
	if ((raddr == filter_rip) && (rport == filter_rport))
	{
		return 1
	}

	return 0
}
function print_state(sk:long, restranmit:long)
{
	laddr = tcpmib_local_addr(sk);
	raddr = tcpmib_remote_addr(sk);
	lport = tcpmib_local_port(sk);
	rport = tcpmib_remote_port(sk);

	if ((filter_pkg(raddr, rport) == 1) && (lport != 0)) {
		new_state = @cast(sk, "sock_common")->skc_state;
		str = state_num2str(new_state);

		printf("%d %s:%d %s %d\\n",
			gettimeofday_ms(),
			ip_ntop(htonl(laddr)),
			lport,
			str, restranmit);
	}
}

probe kernel.function("tcp_retransmit_skb")
{
	print_state($sk,1)
}

%( kernel_v > "2.6.24" %?
probe kernel.function("tcp_set_state")
{
	print_state($sk,0)
}
%)

`;

/** The probe of varnish. The document lost its closing braces. */
export const VARNISH = `#! /usr/bin/env stap

probe process("/usr/sbin/varnishd").statement("cnt_vdp@cache/cache_req_fsm.c:104") {
    if ($req->resp->status == 200) {
        printf("pid: %d time: %d func: %s -> ", pid(), gettimeofday_s(), ppfunc())
        printf("CL: %d -> %d\\n", $resp_len, $req->resp_len)
    }
}
`;

export const WHO_SENT_IT = `#! /usr/bin/env stap

# Print a trace of threads sending IP packets (UDP or TCP) to a given
# destination port and/or address.  Default is unfiltered.

global the_dport = 0    # override with -G the_dport=53
global the_daddr = ""   # override with -G the_daddr=127.0.0.1

probe netfilter.ip.local_out {
    if ((the_dport == 0 || the_dport == dport) &&
        (the_daddr == "" || the_daddr == daddr))
	    printf("%s[%d] sent packet to %s:%d\\n", execname(), tid(), daddr, dport)
}
`;
