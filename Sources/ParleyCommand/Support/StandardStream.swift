import Foundation
import ParleyBase
import ParleyRuntime
import Synchronization

/// A descriptor that text is written to, standard output and standard error first of all, without the traps of
/// `FileHandle`. A full disk, a closed descriptor and a reader that went away are errors of a kind. Nothing waits
/// for a stuck reader without looking whether it was interrupted.
final class StandardStream: Sendable {
  static let output = StandardStream(STDOUT_FILENO, "standard output")
  static let errors = StandardStream(STDERR_FILENO, "standard error")

  private let descriptor: Int32
  private let name: String
  private struct State {
    var dropped = 0
    /// The last text was dropped because the reader was stuck; the next one does not wait again.
    var isStuck = false
  }
  private let state = Mutex(State())

  init(_ descriptor: Int32, _ name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// Before anything else: a standard descriptor that is closed would be given to the next file that is opened, and
  /// texts would go there. A reader that goes away is an error and no signal, and so is a file that grows too large.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    // A limit on the size of files is an error of the write, too.
    signal(SIGXFSZ, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // Opened for reading, so that output to it fails; a log may go nowhere.
      let opened = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
      guard opened >= 0, opened != descriptor else { continue }
      dup2(opened, descriptor)
      close(opened)
    }
  }

  /// Writes everything, however long the reader takes, unless Ctrl-C or another signal to end comes first.
  func write(_ text: String) throws(ParleyError) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      guard hasRoom(milliseconds: 100) else {
        guard !EndSignal.happened else {
          throw ParleyError(
            .interrupted, "interrupted while \(name) took no more", remedy: "read what it is connected to")
        }
        continue
      }
      let count = send(bytes, from: written)
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        guard errno != EPIPE else {
          throw ParleyError(
            .cannotWrite, "cannot write all of \(name): whatever read it has ended",
            remedy: "read it to its end, or send it to a file first")
        }
        guard errno != EBADF else {
          throw ParleyError(
            .cannotWrite, "cannot write to \(name): it is closed",
            remedy: "leave it open, or send it to a file")
        }
        let failure = DurableFile.failure("write", name)
        throw ParleyError(
          failure.code == .init("state/disk-full") ? failure.code : .cannotWrite,
          "cannot write to \(name) (\(String(cString: strerror(errno))))",
          remedy: "free space where it goes, or send it somewhere else")
      }
      written += count
    }
  }

  /// Writes the text if there is room within a second; drops it otherwise.
  func tryToWrite(_ text: String) {
    state.withLock { state in
      var text = text
      if state.dropped > 0 { text = "(\(counted(state.dropped, "message")) could not be written)\n" + text }
      let bytes = Array(text.utf8)
      var written = 0
      while written < bytes.count {
        guard hasRoom(milliseconds: state.isStuck ? 0 : 1000) else {
          state.isStuck = true
          break
        }
        let count = send(bytes, from: written)
        if count < 0 {
          if errno == EINTR || errno == EAGAIN { continue }
          break
        }
        state.isStuck = false
        written += count
      }
      if written == bytes.count { state.dropped = 0 } else { state.dropped += 1 }
    }
  }

  /// Pipes say that there is room when they take this many bytes without waiting.
  private func send(_ bytes: [UInt8], from start: Int) -> Int {
    bytes.withUnsafeBytes {
      Foundation.write(descriptor, $0.baseAddress! + start, min($0.count - start, Int(PIPE_BUF)))
    }
  }

  private func hasRoom(milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let answer = poll(&request, 1, milliseconds)
    // What cannot be asked is tried.
    return answer > 0 || (answer < 0 && errno != EINTR)
  }
}
