/** What aliases by modules' functions tell. The kernel's threads do the work, and nobody else uses NFS or SCSI in a guest. */
import type { Hit } from '../tapset-aliases.js';

/** Of a service's or client's request: by whom and of what. */
const REQUEST = 'sv_name, " ", ip_ntop(addr_from_rqst($rqstp)), " ", peer_ip == addr_from_rqst($rqstp), " ", rq_prot, " ", rq_xid != 0';
const TASK = 'prog, " ", prot, " ", vers > 2, " ", tk_pid != 0';
const CLIENT = 'servername != "", " ", progname, " ", prog, " ", vers';

const procedure = (name: string, condition: string, printed: string, expected: RegExp): readonly Hit[] =>
  [`nfsd.proc.${name}`, `nfsd.${name === 'remove' ? 'unlink' : name}`].map((alias) => [alias, condition, printed, expected]);

export const BY_NFS: readonly Hit[] = [
  ['nfs.fop.llseek', 'offset == 17', 'whence_str, " ", ino > 0, " ", dev > 0', /^SEEK_SET 1 1$/],
  ['nfs.fop.open', '1', 'file_name, " ", ino > 0', /^first 1$/],
  ['nfs.fop.release', '1', 'ino > 0, " ", mode > 0', /^1 1$/],
  ['nfs.fop.check_flags', 'flag & 0x400', 'flag & 0x400', /^1024$/],
  ['nfs.fop.lock', '1', 'cmd, " ", fl_type, " ", fl_start, " ", fl_end', /^6 1 3 6$/],
  ['nfs.fop.write_iter', '1', 'file_name, " ", parent_name, " ", pos, " ", count', /^first \/ 0 8192$/],
  ['nfs.fop.read_iter', 'count == 8192', 'file_name, " ", parent_name, " ", pos', /^first \/ 0$/],
  ['nfs.fop.mmap', '1', 'file_name, " ", vm_end - vm_start, " ", ino > 0', /^first 4096 1$/],
  ['nfs.fop.flush', '1', 'file_name, " ", mode > 0', /^first 1$/],
  ['nfs.fop.fsync', '1', 'file_name, " ", dev > 0', /^first 1$/],
  ['nfs.aop.readpage', '1', 'page_index, " ", i_size, " ", __page != 0', /^0 8192 1$/],
  ['nfs.aop.readpages', '1', 'page_index, " ", nr_pages > 0, " ", file != 0', /^0 1 1$/],
  ['nfs.aop.writepages', '1', 'ino > 0, " ", nr_to_write > 0', /^1 1$/],
  ['nfs.aop.write_begin', '1', 'page_index, " ", offset, " ", to >= 4096', /^0 0 1$/],
  ['nfs.aop.write_end', 'to > offset', 'page_index, " ", offset, " ", to >= 4096, " ", __page != 0', /^0 0 1 1$/],
  ['nfs.aop.release_page', '1', '__page != 0, " ", ino > 0', /^1 1$/],
  ['nfs.proc.lookup', 'filename == "leased"', 'ip_ntop(server_ip), " ", prot, " ", version', /^127\.0\.0\.1 6 3$/],
  ['nfs.proc.read_setup', '1', 'ip_ntop(server_ip), " ", version, " ", offset, " ", count', /^127\.0\.0\.1 3 0 4096$/],
  ['nfs.proc.write_setup', '1', 'ip_ntop(server_ip), " ", version, " ", offset, " ", count, " ", how', /^127\.0\.0\.1 3 0 4096 0$/],
  ['nfs.proc.commit_setup', '1', 'ip_ntop(server_ip), " ", version, " ", offset', /^127\.0\.0\.1 3 0$/],
  ['nfs.proc.commit_done', '1', 'ip_ntop(server_ip), " ", version, " ", status', /^127\.0\.0\.1 3 0$/],
  ['nfs.proc.create', '1', 'ip_ntop(server_ip), " ", version, " ", filename', /^127\.0\.0\.1 3 first$/],
  ['nfs.proc.remove', '1', 'ip_ntop(server_ip), " ", version, " ", filename', /^127\.0\.0\.1 3 second$/],
  ['nfs.proc.rename', '1', 'ip_ntop(server_ip), " ", version, " ", old_name, " ", new_name', /^127\.0\.0\.1 3 first second$/],
  ['nfs.proc.open', '1', 'ip_ntop(server_ip), " ", version, " ", filename, " ", flag & 3', /^127\.0\.0\.1 3 first 2$/],
  ['nfs.proc.release', '1', 'ip_ntop(server_ip), " ", version, " ", filename', /^127\.0\.0\.1 3 first$/],
  ['nfs.proc.handle_exception', '1', 'errorcode', /^0$/],
  ['nfs.proc.read_done', 'status > 0', 'ip_ntop(server_ip), " ", prot, " ", version, " ", status, " ", count', /^127\.0\.0\.1 6 3 4096 4096$/],
  ['nfs.proc.write_done', 'status > 0', 'ip_ntop(server_ip), " ", prot, " ", version, " ", status, " ", count, " ", valid != 0', /^127\.0\.0\.1 6 3 4096 4096 1$/],
  ['sunrpc.clnt.call_sync', 'vers == 3', `${CLIENT}, " ", port, " ", procname, " ", dead`, /^1 nfs 100003 3 2049 \w+ 0$/],
  ['sunrpc.clnt.call_async', '1', `${CLIENT}, " ", procname`, /^1 nfs4_cb 1073741824 \d CB_NULL$/],
  ['sunrpc.clnt.create_client', 'prog == 100003', 'servername != "", " ", progname, " ", vers > 2, " ", prot, " ", port', /^1 nfs 1 6 2049$/],
  ['sunrpc.sched.new_task', 'prog == 100003', 'vers > 2, " ", prot', /^1 6$/],
  ['sunrpc.clnt.clone_client', '1', 'servername != "", " ", progname, " ", prog, " ", vers, " ", authflavor', /^1 nfs 100003 4 1$/],
  ['sunrpc.clnt.bind_new_program', '1', 'old_progname, " ", old_prog, " ", progname, " ", prog', /^(rpcbind 100000 rpcbind 100000|nfs 100003 nfsacl 100227)$/],
  ['sunrpc.clnt.shutdown_client', 'prog == 100003', `${CLIENT}, " ", port, " ", rpccnt > 0, " ", netreconn, " ", authflavor`, /^1 nfs 100003 [34] 2049 1 0 1$/],
  ['sunrpc.clnt.restart_call', '1', 'prog, " ", tk_pid != 0, " ", xid != 0', /^100003 1 1$/],
  ['sunrpc.sched.execute', 'prog == 100003', TASK, /^100003 6 1 1$/],
  ['sunrpc.sched.delay', '1', `delay > 0, " ", ${TASK}`, /^1 100003 6 1 1$/],
  ['sunrpc.sched.release_task', 'prog == 100003', `${TASK}, " ", xid != 0`, /^100003 6 1 1 1$/],
  ['sunrpc.svc.create', '1', 'progname, " ", prog, " ", pg_nvers, " ", bufsize > 0', /^(nfsd 100003|lockd 100021) \d 1$/],
  ['sunrpc.svc.destroy', '1', 'sv_name, " ", sv_progname, " ", sv_prog, " ", rpcbadauth', /^(nfsd nfsd 100003|lockd lockd 100021|NFSv4 callback NFSv4 callback \d+) 0$/],
  ['sunrpc.svc.register', 'port == 4045', 'sv_name, " ", progname, " ", prog, " ", prot', /^lockd lockd 100021 17$/],
  ['sunrpc.svc.recv', 'sv_prog == 100003', 'sv_name, " ", sv_nrthreads, " ", timeout > 0', /^nfsd [12] 1$/],
  ['sunrpc.svc.process', 'sv_prog == 100003', 'sv_name, " ", ip_ntop(peer_ip), " ", rq_prot, " ", sv_nrthreads', /^nfsd 127\.0\.0\.1 6 [12]$/],
  ['sunrpc.svc.authorise', 'rq_prog == 100003', REQUEST, /^nfsd 127\.0\.0\.1 1 6 1$/],
  ['sunrpc.svc.drop', '1', REQUEST, /^lockd 127\.0\.0\.1 1 17 1$/],
  ['sunrpc.svc.send', 'rq_prog == 100003', REQUEST, /^nfsd 127\.0\.0\.1 1 6 1$/],
  ['nfsd.dispatch', 'prog == 100003', 'client_ip, " ", version, " ", proto, " ", xid != 0', /^127\.0\.0\.1 3 6 1$/],
  ['nfsd.open', 'access & 2', 'client_ip, " ", fh != 0', /^(127\.0\.0\.1)? 1$/],
  ['nfsd.close', 'filename == "leased" || filename == "first" || filename == "second"', 'name', /^nfsd\.close$/],
  ['nfsd.dispatch.return', '1', 'name, " ", retstr', /^nfsd\.dispatch [01]$/],
  ...procedure('lookup', 'filename == "leased"', 'client_ip, " ", argstr, " ", fh != 0', /^127\.0\.0\.1 leased 1$/),
  ['nfsd.proc.read', '1', 'client_ip, " ", version, " ", size, " ", offset', /^127\.0\.0\.1 3 4096 0$/],
  ['nfsd.read', '1', 'client_ip, " ", offset, " ", fh != 0', /^127\.0\.0\.1 (0|4096) 1$/],
  ['nfsd.proc.write', '1', 'client_ip, " ", proto, " ", size, " ", offset', /^127\.0\.0\.1 6 4096 0$/],
  ['nfsd.write', '1', 'client_ip, " ", argstr', /^127\.0\.0\.1 at 0$/],
  ...procedure('commit', '1', 'client_ip, " ", argstr', /^127\.0\.0\.1 \d+ bytes at 0$/),
  ['nfsd.proc.create', '1', 'client_ip, " ", version, " ", argstr', /^127\.0\.0\.1 3 first$/],
  ['nfsd.create', '1', 'client_ip, " ", argstr, " ", type', /^127\.0\.0\.1 first 16384$/],
  ...procedure('remove', '1', 'client_ip, " ", argstr', /^127\.0\.0\.1 second$/),
  ...procedure('rename', '1', 'client_ip, " ", argstr', /^127\.0\.0\.1 first second$/),
  ...['proc.lookup', 'proc.read', 'proc.write', 'proc.commit', 'proc.create', 'proc.remove', 'proc.rename', 'lookup', 'read', 'write', 'commit', 'create', 'unlink', 'rename']
    .map((name): Hit => [`nfsd.${name}.return`, 'retstr == "0"', 'name, " ", retstr', new RegExp(`^nfsd\\.${name.replace('.', '\\.')} 0$`)]),
];

/** Sums of the others: attached where all aliases are asked for. */
export const SUMS_OF_NFS: readonly Hit[] = [
  ['nfs.fop.entries', 'name == "nfs.fop.flush"', 'name', /flush$/],
  ['nfs.aop.entries', 'name == "nfs.aop.write_end"', 'name', /write_end$/],
  ['nfs.proc.entries', 'name == "nfs.proc.rename"', 'name', /rename$/],
  ['nfs.fop.return', 'name == "nfs_file_read" && retstr == "8192"', 'name', /read$/],
  ['nfs.aop.return', 'name == "nfs_writepages"', 'retstr', /^0$/],
  ['nfs.proc.return', 'name == "nfs3_proc_remove"', 'retstr', /^0$/],
  ...['nfsd.proc.entries', 'nfsd.entries'].map((alias): Hit => [alias, 'argstr == "first second"', 'name', /rename$/]),
  ...['nfsd.proc.return', 'nfsd.return'].map((alias): Hit => [alias, 'retstr == "0"', 'name', /^nfsd\./]),
];

const DEVICE = 'host_no, " ", channel, " ", lun, " ", dev_id';
const COMMAND = `${DEVICE}, " ", device_state_str, " ", data_direction_str, " ", req_addr != 0`;

/** A disk of scsi_debug that is found, and a read of 4096 bytes. */
export const BY_SCSI: readonly Hit[] = [
  ['scsi.ioentry', 'disk_major', 'disk_major, " ", disk_minor, " ", device_state_str, " ", req_addr != 0', /^8 0 RUNNING 1$/],
  ['scsi.iodispatching', 'request_bufflen == 4096', `${COMMAND}, " ", request_buffer != 0`, /^0 0 0 0 RUNNING FROM_DEVICE 1 1$/],
  ['scsi.iodone', 'data_direction == 2 && device_state == 2', `${COMMAND}, " ", scsi_timer_pending`, /^0 0 0 0 RUNNING FROM_DEVICE 1 1$/],
  ['scsi.iocompleted', 'goodbytes == 4096', COMMAND, /^0 0 0 0 RUNNING FROM_DEVICE 1$/],
  ['scsi.ioexecute', 'request_bufflen', `${DEVICE}, " ", data_direction_str, " ", request_buffer != 0, " ", retries, " ", timeout > 0`, /^0 0 0 0 FROM_DEVICE 1 \d+ 1$/],
  ['scsi.set_state', '1', `${DEVICE}, " ", old_state_str, " ", state_str`, /^0 0 0 0 CREATED RUNNING$/],
];
