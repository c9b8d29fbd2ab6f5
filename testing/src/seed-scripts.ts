/** Scripts of the seed documents, as they stand there. */

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
