internal import Glibc
package import ParleyBase

/// Files that survive a crash whole: old contents or new contents, never a mixture.
package enum DurableFile {
  /// Replaces a file: temporary file in the same directory, write, fsync, rename, fsync of the directory. The
  /// mode is 0600. When anything fails the old file is untouched and no temporary file is left.
  ///
  /// - Parameter opening: makes the temporary file; the default creates it and refuses an existing one.
  package static func replace(
    _ path: String, with bytes: [UInt8], opening: (String) -> Int32 = createNew
  ) throws(ParleyError) {
    let temporary = path + ".\(getpid()).tmp"
    unlink(temporary)
    let descriptor = opening(temporary)
    guard descriptor >= 0 else { throw failure("create", path) }
    do throws(ParleyError) {
      defer { close(descriptor) }
      try writeAll(bytes, to: descriptor, path: path)
      guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("write", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = failure("replace", path)
      unlink(temporary)
      throw error
    }
    try syncDirectory(of: path)
  }

  /// Appends to a file and makes it durable. A failed write is taken back by truncation, so that the file ends
  /// where it ended before.
  package static func append(
    _ bytes: [UInt8], to path: String, opening: (String) -> Int32 = openToAppend
  ) throws(ParleyError) {
    let isNew = access(path, F_OK) != 0
    let descriptor = opening(path)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    do throws(ParleyError) {
      try writeAll(bytes, to: descriptor, path: path)
      guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("write", path) }
    } catch {
      if end >= 0 { _ = ftruncate(descriptor, end) }
      throw error
    }
    if isNew { try syncDirectory(of: path) }
  }

  /// Whole contents, or `nil` when there is no such file. Only regular files are read, so that nothing waits for a pipe's
  /// writer and no device fills the memory.
  package static func read(_ path: String, atMost limit: Int) throws(ParleyError) -> [UInt8]? {
    try read(path, atMost: limit, following: false) { (what, system) in
      if system { return failure("open", path) }
      return ParleyError(
        .stateCorrupt, what, at: .init(file: path),
        remedy: "move it aside and put back the one that parley wrote")
    }
  }

  /// The same for a file that somebody hands in, which may be a link to one.
  ///
  /// - Parameter refusal: the error for what is wrong with the file, in words.
  package static func read(
    given path: String, atMost limit: Int, refusal: (String) -> ParleyError
  ) throws(ParleyError) -> [UInt8] {
    let bytes = try read(path, atMost: limit, following: true) { (what, system) in
      refusal(system ? "it cannot be read (\(String(cString: strerror(errno))))" : what)
    }
    guard let bytes else { throw refusal("there is no such file") }
    return bytes
  }

  private static func read(
    _ path: String, atMost limit: Int, following: Bool, _ refusal: (String, _ system: Bool) -> ParleyError
  ) throws(ParleyError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (following ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw refusal("", true)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refusal("", true) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw refusal(
        status.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : "it is a pipe or a device, and no file", false)
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let got = Glibc.read(descriptor, &chunk, chunk.count)
      if got < 0 {
        if errno == EINTR { continue }
        throw refusal("", true)
      }
      if got == 0 { return bytes }
      bytes += chunk[..<got]
      guard bytes.count <= limit else {
        throw refusal("it is larger than \(limit) bytes", false)
      }
    }
  }

  /// A file for its owner alone, which must not be there yet. Gives a descriptor, or a negative number.
  package static func createNew(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
  }
  /// For a file that others may read as far as the process's mask lets them.
  package static func createShared(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
  }
  /// A file for its owner alone, made where it is not there. Gives a descriptor, or a negative number.
  package static func openToAppend(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
  }

  /// Writes everything or throws. Interrupted and partial writes are continued.
  package static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(ParleyError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("write", path)
      }
      written += count
    }
  }

  private static func syncDirectory(of path: String) throws(ParleyError) {
    let directory = FilePath.folder(path)
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", directory) }
    defer { close(descriptor) }
    // Some file systems cannot sync a directory and say so with EINVAL; the rename is then as durable as it gets.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("write", directory) }
  }

  /// The error of the last system call.
  package static func failure(_ verb: String, _ path: String) -> ParleyError {
    let code = errno
    let reason = String(cString: strerror(code))
    switch code {
    case ENOSPC, EDQUOT, EFBIG:
      return ParleyError(
        .diskFull, "no room to write the file (\(reason))", at: .init(file: path),
        remedy: "free space on this file system, or raise the quota or file-size limit")
    case ENOENT where verb == "create", ENOTDIR where verb == "create":
      return ParleyError(
        .stateIO, "cannot create the file: there is no folder \(FilePath.folder(path))", at: .init(file: path),
        remedy: "make the folder, or give another path")
    case EACCES where verb == "create", EPERM where verb == "create", EROFS where verb == "create":
      return ParleyError(
        .statePermissions, "cannot create a file in the folder \(FilePath.folder(path)) (\(reason))",
        at: .init(file: path),
        remedy: "make the folder writable for the user that runs parley, or give another path")
    case EACCES, EPERM, EROFS:
      return ParleyError(
        .statePermissions, "cannot \(verb) the file (\(reason))", at: .init(file: path),
        remedy: "make it writable for the user that runs parley")
    default:
      return ParleyError(
        .stateIO, "cannot \(verb) the file (\(reason))", at: .init(file: path),
        remedy: "check the path and the file system")
    }
  }
}
