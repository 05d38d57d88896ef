internal import Glibc
internal import ParleyBase

/// The exclusive lock of a state directory. The kernel releases it when the process ends, however it ends.
final class StateLock: Sendable {
  private let descriptor: Int32

  init(path: String) throws(ParleyError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw DurableFile.failure("open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isLocked = errno == EWOULDBLOCK
      let error = DurableFile.failure("lock", path)
      var text = [UInt8](repeating: 0, count: 20)
      let count = isLocked ? max(0, pread(descriptor, &text, text.count, 0)) : 0
      close(descriptor)
      guard isLocked else { throw error }
      let holder = String(decoding: text[..<count].prefix { (48...57).contains($0) }, as: UTF8.self)
      throw ParleyError(
        .stateLocked,
        "another parley process uses this state directory" + (holder.isEmpty ? "" : " (pid \(holder))"),
        at: .init(file: path),
        remedy:
          "wait for it or stop it; with another state directory for this party the others end the run (state/unknown-directory)"
      )
    }
    self.descriptor = descriptor
    // Only for the message above; the lock itself does not depend on it.
    _ = ftruncate(descriptor, 0)
    let pid = Array("\(getpid())\n".utf8)
    _ = pwrite(descriptor, pid, pid.count, 0)
  }

  /// Unlocks before it closes: a process that is just being started from here has a copy of the descriptor until it runs its program, and as long
  /// as there is a copy closing alone would leave the lock.
  deinit {
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
