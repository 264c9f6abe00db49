// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What runs on a device reached by ssh: the same steps as on this machine, by the same system calls.
///
/// Python and not a shell: with sh and coreutils no file can be opened relative to a folder that is held open, without following
/// links, with its owner set before its first byte, and no lock be held over several steps. It needs 3.6 or later and its standard
/// library; nothing is installed there. The text is constant: no value of a device or certificate is ever put into it.
enum RemoteProgram {
    /// What ssh asks the account's shell to run. It reads the program's length, the program, and leaves the rest to it.
    static func command(become: Bool) -> String {
        let start = "python3 -I -S -c 'import sys;f=sys.stdin.buffer;exec(f.read(int(f.readline())))'"
        return "exec " + (become ? "sudo -n -- " : "") + start
    }

    /// Frames: a length (four bytes, most significant first), then so many bytes.
    static let text = #"""
        # No more than what every call needs: what starts is started six times for a push.
        import errno, fcntl, grp, os, pwd, resource, select, stat, sys, time
        try:
            from _sha256 import sha256
        except ImportError:
            try:
                from _sha2 import sha256
            except ImportError:
                from hashlib import sha256

        OURS = b'/.countersign/'
        OWN = b'.countersign'
        LINK = b'symbolic link\0'
        # One that has no end is left out to the end of the file.
        KEYS = rb'(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(-----END [A-Z0-9 ]*PRIVATE KEY-----\r?\n?|\Z)'


        class Failure(Exception):
            def __init__(self, code, operation, detail):
                self.code, self.operation, self.detail = code, operation, detail


        def system(operation, path, number):
            code = {
                errno.EACCES: 'denied', errno.EPERM: 'denied', errno.EROFS: 'denied', errno.ELOOP: 'denied',
                errno.ENOSPC: 'noSpace', errno.EDQUOT: 'noSpace', errno.ETIMEDOUT: 'timedOut',
            }.get(number, 'failed')
            loop = number == errno.ELOOP
            words = 'a symbolic link stands where none may be' if loop else os.strerror(number)
            return Failure(code, operation, path + b': ' + words.encode())


        # What came in. All of it is read before anything is done: half a request does nothing.
        def receive():
            size = source.read(4)
            if len(size) < 4:
                sys.exit(3)
            length = int.from_bytes(size, 'big')
            data = source.read(length)
            if len(data) < length:
                sys.exit(3)
            return data


        def number():
            return int(receive())


        def lost():
            # Whoever asked is gone: what is done now nobody would hear of.
            return bool(gone.poll(0))


        folders, last, fences, accounts = {}, [b''], {}, {}


        def split(path):
            parts = path.split(b'/')
            if len(parts) < 2 or parts[0] or b'\0' in path or any(part in (b'', b'.', b'..') for part in parts[1:]):
                raise Failure('failed', 'path', path + b': not absolute and canonical')
            return b'/'.join(parts[:-1]) or b'/', parts[-1]


        def folder(path):
            if path not in folders:
                opened = open_folder(path)
                if opened is None:
                    return None
                if len(folders) >= 64:
                    surplus = next(known for known in folders if known != last[0])
                    os.close(folders.pop(surplus))
                folders[path] = opened
            last[0] = path
            return folders[path]


        def forget(path):
            for known in [known for known in folders if known == path or known.startswith(path + b'/')]:
                os.close(folders.pop(known))


        def open_folder(path):
            parts = [part for part in path.split(b'/') if part]
            own = parts.index(OWN) if OWN in parts else None
            base = path if own is None else b'/' + b'/'.join(parts[:own])
            current = -1
            try:
                current = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
                for index, part in enumerate([] if own is None else parts[own:]):
                    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                    following = os.open(part, flags, dir_fd=current)
                    os.close(current)
                    current = following
                    if index == 0:
                        status = os.fstat(current)
                        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                            words = b': .countersign belongs to somebody else, or others may write to it'
                            raise Failure('denied', 'open folder', path + words)
            except OSError as error:
                if current >= 0:
                    os.close(current)
                if error.errno == errno.ENOENT or error.errno == errno.ENOTDIR and own is None:
                    return None
                raise system('open folder', path, errno.ELOOP if error.errno == errno.ENOTDIR else error.errno)
            except Failure:
                os.close(current)
                raise
            return current


        def place(path):
            parent, name = (b'/', b'.') if path == b'/' else split(path)
            return folder(parent), name


        def existing(operation, path):
            where, name = place(path)
            if where is None:
                raise system(operation, path, errno.ENOENT)
            return where, name


        def ours(operation, path):
            if OURS not in path:
                raise Failure('denied', operation, path + b': not below .countersign')
            return existing(operation, path)


        def absent(error):
            return error.errno in (errno.ENOENT, errno.ENOTDIR)


        def account(kind, look, identity):
            if (kind, identity) not in accounts:
                try:
                    accounts[kind, identity] = look(identity)[0].encode()
                except KeyError:
                    accounts[kind, identity] = b'%d' % identity
            return accounts[kind, identity]


        def status_of(path, where, name, following):
            if where is None:
                return [path, b'absent']
            try:
                info = os.stat(name, dir_fd=where, follow_symlinks=following)
            except OSError as error:
                if absent(error):
                    return [path, b'absent']
                raise system('stat', path, error.errno)
            kind, target = b'other', b''
            if stat.S_ISREG(info.st_mode):
                kind = b'file'
            elif stat.S_ISDIR(info.st_mode):
                kind = b'folder'
            elif stat.S_ISLNK(info.st_mode):
                kind, target = b'link', os.readlink(name, dir_fd=where)
            return [path, kind, b'%d' % stat.S_IMODE(info.st_mode), account('user', pwd.getpwuid, info.st_uid),
                    account('group', grp.getgrgid, info.st_gid)] + [b'%d' % value for value in (
                        info.st_size, info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns)] + [target]


        def flat(rows):
            fields = []
            for row in rows:
                fields.append(b'%d' % len(row))
                fields += row
            return fields


        def names(where):
            return sorted(os.fsencode(name) for name in os.listdir(where))


        def listed(path):
            where = folder(path)
            prefix = b'/' if path == b'/' else path + b'/'
            rows = [] if where is None else [status_of(prefix + name, where, name, False) for name in names(where)]
            return [row for row in rows if row[1] != b'absent']


        def content(operation, path, descriptor, limit):
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                raise Failure('failed', operation, path + b': not a regular file')
            if info.st_size > limit:
                raise Failure('failed', operation, path + b': %d bytes, at most %d are read' % (info.st_size, limit))
            data = bytearray()
            while len(data) <= info.st_size:
                part = os.read(descriptor, info.st_size + 1 - len(data))
                if not part:
                    return bytes(data)
                data += part
            raise Failure('changed', operation, path + b': grew while it was read')


        def read(path, limit):
            where, name = place(path)
            if where is None:
                return None
            flags = os.O_RDONLY | os.O_NONBLOCK | (os.O_NOFOLLOW if OURS in path else 0)
            try:
                descriptor = os.open(name, flags, dir_fd=where)
            except OSError as error:
                if absent(error):
                    return None
                raise system('read', path, error.errno)
            try:
                return content('read', path, descriptor, limit)
            finally:
                os.close(descriptor)


        def digest(path):
            where, name = place(path)
            if where is None:
                return b'-'
            try:
                descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=where)
            except OSError as error:
                if absent(error):
                    return b'-'
                if error.errno == errno.ELOOP:
                    target = os.readlink(name, dir_fd=where)
                    return sha256(LINK + target).hexdigest().encode()
                raise system('read', path, error.errno)
            try:
                return sha256(content('read', path, descriptor, 16 << 20)).hexdigest().encode()
            finally:
                os.close(descriptor)


        def identity(path, owner):
            user, colon, group = owner.partition(':')
            ids = []
            for text, look in [(user, pwd.getpwnam)] + ([(group, grp.getgrnam)] if colon else []):
                try:
                    ids.append(look(text)[2])
                except KeyError:
                    if not 1 <= len(text) <= 10 or text.strip('0123456789'):
                        raise Failure('denied', 'set owner', path + b': there is no ' + owner.encode() + b' here')
                    ids.append(int(text))
            return ids[0], ids[1] if colon else None


        # Owner before mode: chown(2) takes set-id bits away, and a mode must not open a file to a group that is not its own yet.
        def own(descriptor, path, owner, mode):
            info = os.fstat(descriptor)
            if owner:
                user, group = identity(path, owner.decode())
                group = info.st_gid if group is None else group
                if (user, group) != (info.st_uid, info.st_gid):
                    try:
                        os.fchown(descriptor, user, group)
                    except OSError as error:
                        words = system('set owner', path, error.errno).detail
                        raise Failure('denied', 'set owner', words + b' (owner ' + owner + b')')
            if stat.S_IMODE(info.st_mode) != mode:
                try:
                    os.fchmod(descriptor, mode & 0o777)
                except OSError as error:
                    raise system('set mode', path, error.errno)


        def make_folder(path, owner, mode):
            parent, name = split(path)
            if name != OWN and OURS not in path:
                raise Failure('denied', 'make folder', path + b': not below .countersign')
            where = folder(parent)
            if where is None:
                raise Failure('failed', 'make folder', parent + b': there is no such folder')
            fresh = True
            try:
                os.mkdir(name, 0o700, dir_fd=where)
            except OSError as error:
                if error.errno != errno.EEXIST:
                    raise
                fresh = False
            made = folder(path)
            if made is None:
                raise system('make folder', path, errno.ENOENT)
            if not fresh:
                owner, mode = b'', mode | stat.S_IMODE(os.fstat(made).st_mode)
            own(made, path, owner, mode)


        def take_away(name, where):
            try:
                os.unlink(name, dir_fd=where)
            except OSError:
                pass


        def write(path, data, owner, mode):
            where, name = ours('write', path)
            temporary = name + b'~'
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            try:
                try:
                    descriptor = os.open(temporary, flags, 0o600, dir_fd=where)
                except FileExistsError:  # of one that was killed here
                    take_away(temporary, where)
                    descriptor = os.open(temporary, flags, 0o600, dir_fd=where)
                try:
                    own(descriptor, path, owner, mode)
                    view = memoryview(data)
                    while view:
                        view = view[os.write(descriptor, view):]
                finally:
                    os.close(descriptor)
                os.rename(temporary, name, src_dir_fd=where, dst_dir_fd=where)
            except BaseException:
                take_away(temporary, where)
                raise


        def composed(parts):
            data = b''
            for kind, value in zip(parts[::2], parts[1::2]):
                if kind == b'file':
                    ours('read', value)
                    name, value = value, read(value, 65536)
                    if value is None:
                        raise system('read', name, errno.ENOENT)
                data += value
            return data


        def link(path, target):
            where, name = ours('link', path)
            temporary = name + b'~'
            take_away(temporary, where)
            os.symlink(target, temporary, dir_fd=where)
            os.rename(temporary, name, src_dir_fd=where, dst_dir_fd=where)


        def replace(path, by):
            if OURS not in path and OURS not in by:
                raise Failure('denied', 'replace', path + b': neither it nor ' + by + b' is ours')
            to, name = existing('replace', path)
            origin, old = existing('replace', by)
            os.rename(old, name, src_dir_fd=origin, dst_dir_fd=to)
            forget(by)
            forget(path)


        def copy(by, path):
            to, name = ours('copy', path)
            origin, old = existing('copy', by)
            temporary = name + b'~'
            take_away(temporary, to)
            try:
                os.link(old, temporary, src_dir_fd=origin, dst_dir_fd=to, follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES):
                    raise system('copy', by, error.errno)
                info = os.stat(old, dir_fd=origin, follow_symlinks=False)
                if stat.S_ISLNK(info.st_mode):
                    return link(path, os.readlink(old, dir_fd=origin))
                descriptor = os.open(old, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=origin)
                try:
                    data = content('read', by, descriptor, 16 << 20)
                finally:
                    os.close(descriptor)
                write(path, data, b'%d:%d' % (info.st_uid, info.st_gid), info.st_mode & 0o777)
                os.utime(name, ns=(info.st_atime_ns, info.st_mtime_ns), dir_fd=to, follow_symlinks=False)
                return
            try:
                # rename(2) of one name of a file over another does nothing, not even take the first away.
                os.rename(temporary, name, src_dir_fd=to, dst_dir_fd=to)
            finally:
                take_away(temporary, to)


        def mount(descriptor):
            with open('/proc/self/fdinfo/%d' % descriptor) as lines:
                return next(line.split()[1] for line in lines if line.startswith('mnt_id:'))


        def remove(path):
            where, name = place(path)
            if where is None:
                return
            try:
                os.unlink(name, dir_fd=where)
                return
            except OSError as error:
                if error.errno == errno.ENOENT:
                    return
                if error.errno != errno.EISDIR or OURS not in path:
                    raise
            inside = folder(path)
            if inside is None:
                return
            # Never into what is mounted there: it would be something live.
            if mount(inside) != mount(where):
                raise system('remove', path, errno.EBUSY)
            for each in names(inside):
                remove(path + b'/' + each)
            forget(path)
            where, name = place(path)
            try:
                os.rmdir(name, dir_fd=where)
            except FileNotFoundError:
                pass


        def sync(path):
            where, name = place(path)
            if where is None:
                return
            try:
                descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=where)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ELOOP):
                    return
                raise
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


        def moment(seconds):
            return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds)).encode()


        def fence(text, path, before):
            where = folder(path)
            if where is None:
                return
            if path not in fences:
                lock = os.open(b'.', os.O_RDONLY | os.O_DIRECTORY, dir_fd=where)
                fences[path] = lock
                while True:
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        if lost() or time.monotonic() > deadline:
                            raise system('fence', path, errno.ETIMEDOUT)
                        time.sleep(0.002)
            file = path + b'/_fence'
            kept = read(file, 256)
            if kept is not None:
                words = kept[:-1].split(b' ')
                if kept[-1:] != b'\n' or not is_fence(words):
                    raise Failure('failed', 'fence', file + b': damaged')
                if kept == text + b'\n':
                    return
                refusal = refused(text.split(b' '), words, before.split(b' '))
                if refusal:
                    raise Failure('fenced', 'fence', file + b': ' + refusal)
            write(file, text + b'\n', b'', 0o600)
            sync(file)
            sync(path)


        def is_fence(words):
            def only(word, allowed, least, most):
                return least <= len(word) <= most and not word.translate(None, allowed)
            digits = b'0123456789'
            return len(words) == 4 and only(words[0], b'abcdefghijklmnopqrstuvwxyz.-' + digits, 1, 256) and only(
                words[1], b'abcdef' + digits, 32, 32) and only(
                words[2][words[2].startswith(b'-'):], digits, 1, 18) and only(words[3], digits, 1, 20)


        def refused(new, kept, before):
            if new[0] != kept[0]:
                if kept[0] in before and int(new[2]) > int(kept[2]):
                    return None
                return b'zone ' + kept[0] + b' pushes here, and has not released it to zone ' + new[0]
            if new[1] != kept[1]:
                if int(new[2]) > int(kept[2]):
                    return None
                return (b'a gateway whose state was begun at ' + moment(int(kept[2])) + b' pushes here; this one\'s, of '
                        + moment(int(new[2])) + b', is no longer in force')
            if int(new[3]) < int(kept[3]):
                return b'lease ' + kept[3] + b' was here, ' + new[3] + b' comes too late'
            return None


        def environment():
            path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
            mine = os.environ.get('PATH', '')
            return dict(os.environ, PATH=mine + ':' + path if mine else path, LC_ALL='C')


        def run(argv, data, limit):
            import signal, subprocess
            if not argv:
                raise Failure('failed', 'run', b'no program is named')
            name, start = argv[0], time.monotonic()
            words = name + b': not found, or not executable\n'
            if b'/' in name and not name.startswith(b'/'):
                return [b'127', b'', words, b'0']
            given = subprocess.DEVNULL if data is None else subprocess.PIPE
            if not wake:
                wake.extend(os.pipe())
                for each in wake:
                    os.set_blocking(each, False)
                signal.signal(signal.SIGCHLD, lambda *_: None)
                signal.set_wakeup_fd(wake[1])
            try:
                child = subprocess.Popen(argv, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                         env=environment(), start_new_session=True)
            except (FileNotFoundError, PermissionError, NotADirectoryError):
                return [b'127', b'', words, b'0']
            except OSError as error:
                raise Failure('failed', 'run ' + os.fsdecode(name), os.strerror(error.errno).encode())
            poll, collected = select.poll(), {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
            pending = memoryview(data or b'')
            for descriptor in collected:
                os.set_blocking(descriptor, False)
                poll.register(descriptor, select.POLLIN)
            poll.register(wake[0], select.POLLIN)
            poll.register(1, 0)
            if child.stdin:
                os.set_blocking(child.stdin.fileno(), False)
                poll.register(child.stdin.fileno(), select.POLLOUT)
            failure = None
            while child.poll() is None and not failure:
                left = deadline - time.monotonic()
                if left <= 0:
                    failure = Failure('timedOut', 'run ' + os.fsdecode(name), b'not ended when its time was over')
                    break
                for descriptor, _ in poll.poll(left * 1000 + 1):
                    if descriptor == 1:
                        failure = Failure('unreachable', 'run ' + os.fsdecode(name), b'the connection was lost')
                    elif descriptor == wake[0]:
                        os.read(wake[0], 512)
                    elif child.stdin and descriptor == child.stdin.fileno():
                        try:
                            pending = pending[os.write(descriptor, pending):] if pending else pending
                        except BrokenPipeError:
                            pending = pending[len(pending):]
                        if not pending:
                            poll.unregister(descriptor)
                            child.stdin.close()
                            child.stdin = None
                    elif not drain(descriptor, collected, limit, once=True):
                        poll.unregister(descriptor)
                    if any(len(each) > limit for each in collected.values()):
                        failure = Failure('failed', 'run ' + os.fsdecode(name), b'said more than %d bytes' % limit)
            if failure:
                end(child)
                raise failure
            for descriptor in collected:
                drain(descriptor, collected, limit, once=False)
            output, errors = collected.values()
            if len(output) > limit or len(errors) > limit:
                raise Failure('failed', 'run ' + os.fsdecode(name), b'said more than %d bytes' % limit)
            code = child.returncode if child.returncode >= 0 else 128 - child.returncode
            return [b'%d' % code, bytes(output), bytes(errors), b'%d' % ((time.monotonic() - start) * 1e6)]


        # Whether more may come.
        def drain(descriptor, collected, limit, once):
            while len(collected[descriptor]) <= limit:
                try:
                    part = os.read(descriptor, 65536)
                except BlockingIOError:
                    return True
                if not part:
                    return False
                collected[descriptor] += part
                if once:
                    return True
            return True


        def end(child):
            import signal, subprocess
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(child.pid, number)
                except ProcessLookupError:
                    pass
                try:
                    child.wait(2)
                except subprocess.TimeoutExpired:
                    pass


        def perform(kind, fields):
            if kind == b'fence':
                fence(*fields)
            elif kind == b'expect':
                for path, expected in zip(fields[::2], fields[1::2]):
                    if digest(path) != expected:
                        raise Failure('changed', 'expect', path + b': not what it was')
            elif kind == b'folder':
                make_folder(fields[0], fields[1], int(fields[2]))
            elif kind == b'stat':
                rows = []
                for path in fields[1:]:
                    where, name = place(path)
                    rows.append(status_of(path, where, name, fields[0] == b'1' and OURS not in path))
                return flat(rows)
            elif kind == b'list':
                return flat(listed(fields[0]))
            elif kind == b'survey':
                rows = listed(fields[0])
                return flat(rows + [inner for row in rows if row[1] == b'folder' for inner in listed(row[0])])
            elif kind == b'digest':
                return [field for path in fields for field in (path, digest(path))]
            elif kind == b'read':
                data = read(fields[0], int(fields[1]))
                return [] if data is None else [data]
            elif kind == b'readWithoutKeys':
                data = read(fields[0], int(fields[1]))
                import re
                return [] if data is None else [re.sub(KEYS, b'', data)]
            elif kind == b'write':
                write(fields[0], fields[3], fields[1], int(fields[2]))
            elif kind == b'compose':
                write(fields[0], composed(fields[3:]), fields[1], int(fields[2]))
            elif kind == b'link':
                link(*fields)
            elif kind == b'replace':
                replace(*fields)
            elif kind == b'copy':
                copy(*fields)
            elif kind == b'remove':
                remove(*fields)
            elif kind == b'sync':
                for path in fields:
                    sync(path)
            elif kind == b'run':
                return run(fields[3:], fields[2] if fields[1] == b'1' else None, int(fields[0]))
            else:
                raise Failure('unsupported', 'step', kind)
            return []


        def answer(fields):
            for field in fields:
                sink.write(len(field).to_bytes(4, 'big'))
                sink.write(field)


        def main():
            global deadline
            deadline = time.monotonic() + number() / 1000
            steps = [(receive(), [receive() for _ in range(number())]) for _ in range(number())]
            if receive() != b'end':
                sys.exit(3)
            answers = [b'countersign 1', b'done']
            try:
                for kind, fields in steps:
                    if lost():
                        sys.exit(3)
                    if time.monotonic() > deadline:
                        raise Failure('timedOut', 'file work', b'the time for it is over')
                    try:
                        result = perform(kind, fields)
                    except OSError as error:
                        path = fields[1 if kind in (b'copy', b'fence') else 0] if fields else b''
                        raise system({b'folder': 'make folder'}.get(kind, kind.decode()), path, error.errno)
                    answers += [b'%d' % len(result)] + result
            except Failure as failure:
                answers = [b'countersign 1', b'error', failure.code.encode(), os.fsencode(failure.operation), failure.detail]
            answer(answers + [b'end'])
            sink.flush()


        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # keys pass through this memory
        source, sink = sys.stdin.buffer, sys.stdout.buffer
        gone = select.poll()
        gone.register(1, 0)
        wake = []
        main()
        """#
}
