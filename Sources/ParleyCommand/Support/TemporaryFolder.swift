import Foundation
import ParleyBase
import ParleyCrypto
import ParleyRuntime

/// A private folder that is removed at the end. Whoever made it holds a lock in it, so that the next one to make such a
/// folder can tell what a process left that was killed, and removes that: there may be keys in it.
final class TemporaryFolder {
  static let prefix = "parley-"
  /// No other folder of Parley has a file of this name: state directories have a lock as well, and must never be removed.
  private static let lockName = ".temporary-folder-lock"

  private static func isName(_ name: some StringProtocol) -> Bool {
    name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 16
      && name.dropFirst(prefix.count).allSatisfy(\.isHexDigit)
  }

  let path: String
  private let lock: Int32

  init() throws(ParleyError) {
    let parent = FileManager.default.temporaryDirectory.path
    Self.removeStale(in: parent)
    path = parent + "/" + Self.prefix + hexadecimal(SecureRandom.bytes(8))
    // Nobody looks at it before it has its name, and by then the lock is held.
    let unnamed = path + ".new"
    guard mkdir(unnamed, 0o700) == 0 else {
      let reason = String(cString: strerror(errno))
      throw ParleyError(
        .cannotWrite, "cannot make a folder for temporary files (\(reason))", at: .init(file: parent),
        remedy: "set TMPDIR to a folder in which this user can write, with room left")
    }
    lock = open(unnamed + "/" + Self.lockName, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, rename(unnamed, path) == 0 else {
      let error = DurableFile.failure("create", path + "/" + Self.lockName)
      try? FileManager.default.removeItem(atPath: unnamed)
      throw error
    }
  }

  deinit {
    Self.remove(path)
    close(lock)
  }

  func write(_ text: String, _ name: String) throws(ParleyError) {
    try FileOutput.write(text, to: path + "/" + name)
  }

  /// Removes a folder of this kind and nothing else, whatever `path` says.
  static func remove(_ path: String) {
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    guard isName(name), access(path + "/" + lockName, F_OK) == 0 || isEmpty(path) else { return }
    // The parties of a trial whose starter is gone remove its folder all at once, and each gives up where another was
    // faster.
    for _ in 0..<50 {
      try? FileManager.default.removeItem(atPath: path)
      guard access(path, F_OK) == 0 else { return }
      usleep(10_000)
    }
  }

  private static func isEmpty(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty ?? false
  }

  /// Folders of this user whose maker is gone.
  private static func removeStale(in parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where isName(name) {
      let path = parent + "/" + name
      // Of a link these are the link's own.
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        attributes[.type] as? FileAttributeType == .typeDirectory,
        (attributes[.ownerAccountID] as? NSNumber)?.uint32Value == geteuid()
      else {
        continue
      }
      let lock = open(path + "/" + lockName, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      guard lock >= 0 else { continue }
      if flock(lock, LOCK_EX | LOCK_NB) == 0 { remove(path) }
      close(lock)
    }
  }
}
