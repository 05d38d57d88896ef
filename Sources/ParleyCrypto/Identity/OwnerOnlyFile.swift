import Foundation
import ParleyBase

/// Files that only their owner may touch: at no moment is there a wider one.
enum OwnerOnlyFile {
  enum Failure: Error, Equatable {
    case missing
    case exists
    /// Group or others have a permission bit on the file.
    case open(mode: Int)
    /// Group or others have a permission bit on the folder it lies in.
    case openDirectory(String, mode: Int)
    case foreign
    case notAFile
    case tooLarge
    case system(Int32)

    var words: String {
      switch self {
      case .missing: "it does not exist"
      case .exists: "it exists already"
      case .open, .openDirectory: "others may touch it"
      case .foreign: "it belongs to another user"
      case .notAFile: "it is not an ordinary file"
      case .tooLarge: "it is too large"
      case .system(let code): String(cString: strerror(code))
      }
    }
  }

  /// Makes the folder and its missing parents with mode 0700; an existing one must have no wider mode.
  static func makeDirectory(_ path: String) throws(Failure) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw .system(ENOTDIR) }
      guard status.st_uid == geteuid() else { throw .foreign }
      guard status.st_mode & 0o077 == 0 else { throw .open(mode: Int(status.st_mode & 0o777)) }
      return
    }
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: NSNumber(value: 0o700)])
    } catch { throw .system(EACCES) }
    // The process's mask may have taken bits away but never adds any; a folder made by someone else in between
    // is caught here.
    guard chmod(path, 0o700) == 0 else { throw .system(errno) }
  }

  /// Creates the file with mode 0600 and the contents on disk; it must not exist. It is written beside and gets its name
  /// when it is whole, so that whatever ends the process leaves the whole file or none of that name.
  static func create(path: String, contents: [UInt8]) throws(Failure) {
    var status = stat()
    guard lstat(path, &status) != 0 else { throw .exists }
    removeStale(beside: path)
    let temporary = path + ".\(getpid()).tmp"
    try write(contents, to: temporary)
    defer { unlink(temporary) }
    // Unlike a renaming this never replaces what came in between.
    if link(temporary, path) != 0 {
      guard errno != EEXIST else { throw .exists }
      // File systems without links.
      guard errno == EPERM || errno == ENOTSUP || errno == ENOSYS, lstat(path, &status) != 0,
        rename(temporary, path) == 0
      else { throw .system(errno) }
    }
    let folder = open(FilePath.folder(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// What a process left that ended while it wrote this file: there is a key in it.
  private static func removeStale(beside path: String) {
    let parent = FilePath.folder(path)
    let stem = FilePath.name(path) + "."
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    where name.hasPrefix(stem) && name.hasSuffix(".tmp") {
      guard let process = pid_t(name.dropFirst(stem.count).dropLast(4)), process > 0, process != getpid(),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink(parent + "/" + name)
    }
  }

  private static func write(_ contents: [UInt8], to path: String) throws(Failure) {
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(errno) }
    defer { close(descriptor) }
    do throws(Failure) {
      guard fchmod(descriptor, 0o600) == 0 else { throw .system(errno) }
      var offset = 0
      while offset < contents.count {
        let written = contents.withUnsafeBytes {
          Foundation.write(descriptor, $0.baseAddress! + offset, $0.count - offset)
        }
        if written < 0 {
          if errno == EINTR { continue }
          throw .system(errno)
        }
        offset += written
      }
      guard fsync(descriptor) == 0 else { throw .system(errno) }
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Reads the whole file after checking the owner and mode of the opened file itself and of its folder.
  static func read(path: String, limit: Int) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT: throw .missing
      case ELOOP: throw .notAFile
      default: throw .system(errno)
      }
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    guard status.st_uid == geteuid() else { throw .foreign }
    guard status.st_mode & 0o077 == 0 else { throw .open(mode: Int(status.st_mode & 0o777)) }
    guard status.st_size <= limit else { throw .tooLarge }
    let directory = FilePath.folder(path)
    var folder = stat()
    guard stat(directory, &folder) == 0 else { throw .system(errno) }
    guard folder.st_mode & 0o077 == 0 else {
      throw .openDirectory(directory, mode: Int(folder.st_mode & 0o777))
    }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress! + count, $0.count - count)
      }
      if got == 0 { break }
      if got < 0 {
        if errno == EINTR { continue }
        throw .system(errno)
      }
      count += got
    }
    guard count <= limit else { throw .tooLarge }
    return Array(bytes[..<count])
  }
}
