internal import Glibc
package import ParleyBase

/// The few operations on files that a store of correlations is made of. One step each, so that a test can stop a party at every one.
///
/// What has been written is lost or torn in a crash until it was synced, and a name until its folder was.
package protocol StoreFiles: Sendable {
  /// Makes the folder if there is none, and holds it exclusively as long as the result lives.
  func lock(_ folder: String) throws(ParleyError) -> any Sendable
  /// Whole contents; nil where there is no such file.
  func read(_ path: String, atMost limit: Int) throws(ParleyError) -> [UInt8]?
  /// Some of its bytes; fewer where it ends before.
  func read(_ path: String, at offset: Int, count: Int) throws(ParleyError) -> [UInt8]
  /// Makes a file that must not be there.
  func create(_ path: String, _ bytes: [UInt8]) throws(ParleyError)
  /// Writes over bytes that are there.
  func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws(ParleyError)
  /// What was written into the file is durable when it returns.
  func sync(_ path: String) throws(ParleyError)
  /// Replaces `target`, which need not be there; the name is durable once the folder was synced.
  func rename(_ path: String, to target: String) throws(ParleyError)
  /// Removes a file, or does nothing where there is none.
  func remove(_ path: String) throws(ParleyError)
  /// Names in the folder are durable when it returns.
  func syncFolder(_ folder: String) throws(ParleyError)
  /// What is in the folder, in no order.
  func names(in folder: String) throws(ParleyError) -> [String]
}

extension StoreFiles {
  /// Old contents or new ones, never a mixture; the new ones when it returns.
  package func replace(_ name: String, in folder: String, with bytes: [UInt8]) throws(ParleyError) {
    let temporary = "\(folder)/\(name).tmp"
    if try names(in: folder).contains(name + ".tmp") { try remove(temporary) }
    try create(temporary, bytes)
    try sync(temporary)
    try rename(temporary, to: "\(folder)/\(name)")
    try syncFolder(folder)
  }
}

/// The files of this machine. Made for their owner only.
package struct LocalFiles: StoreFiles {
  /// Files as the operating system has them.
  package init() {}

  package func lock(_ folder: String) throws(ParleyError) -> any Sendable {
    if mkdir(folder, 0o700) != 0, errno != EEXIST { throw DurableFile.failure("make", folder) }
    var status = stat()
    guard stat(folder, &status) == 0 else { throw DurableFile.failure("open", folder) }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o077 == 0 else {
      throw ParleyError(
        .statePermissions, "this is no folder of its owner alone", at: .init(file: folder),
        remedy: "run: chmod go= \(folder), or give another folder")
    }
    return try StateLock(path: folder + "/lock")
  }

  package func read(_ path: String, atMost limit: Int) throws(ParleyError) -> [UInt8]? {
    try DurableFile.read(path, atMost: limit)
  }

  package func read(_ path: String, at offset: Int, count: Int) throws(ParleyError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw DurableFile.failure("open", path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes { target in
        target.baseAddress.map { pread(descriptor, $0 + done, count - done, off_t(offset + done)) } ?? 0
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw DurableFile.failure("read", path)
      }
      if got == 0 { break }
      done += got
    }
    return Array(bytes[..<done])
  }

  package func create(_ path: String, _ bytes: [UInt8]) throws(ParleyError) {
    try with(DurableFile.createNew(path), "create", path) { (descriptor) throws(ParleyError) in
      try DurableFile.writeAll(bytes, to: descriptor, path: path)
    }
  }

  package func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws(ParleyError) {
    try with(open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW), "open", path) { (descriptor) throws(ParleyError) in
      guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw DurableFile.failure("write", path) }
      try DurableFile.writeAll(bytes, to: descriptor, path: path)
    }
  }

  package func sync(_ path: String) throws(ParleyError) {
    try with(open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW), "open", path) { (descriptor) throws(ParleyError) in
      guard fsync(descriptor) == 0 else { throw DurableFile.failure("write", path) }
    }
  }

  package func rename(_ path: String, to target: String) throws(ParleyError) {
    guard Glibc.rename(path, target) == 0 else { throw DurableFile.failure("replace", target) }
  }

  package func remove(_ path: String) throws(ParleyError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw DurableFile.failure("remove", path) }
  }

  package func syncFolder(_ folder: String) throws(ParleyError) {
    try with(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", folder) {
      (descriptor) throws(ParleyError) in
      // Some file systems cannot sync a folder and say so with EINVAL.
      guard fsync(descriptor) == 0 || errno == EINVAL else { throw DurableFile.failure("write", folder) }
    }
  }

  package func names(in folder: String) throws(ParleyError) -> [String] {
    guard let handle = opendir(folder) else { throw DurableFile.failure("open", folder) }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { place in
        place.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private func with(
    _ descriptor: Int32, _ verb: String, _ path: String, _ body: (Int32) throws(ParleyError) -> Void
  ) throws(ParleyError) {
    guard descriptor >= 0 else { throw DurableFile.failure(verb, path) }
    defer { close(descriptor) }
    try body(descriptor)
  }
}
