import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP (a terminal that is closed), as a question or a call instead of the end of the process, so
/// that a session ends for everybody and what lies in temporary folders goes. No signal is lost: one that comes before
/// this is made ends the process, and from then on there is a call for each.
///
/// SIGHUP stays ignored where it was ignored when the program began: `nohup` means it. SIGINT does not, since shells
/// start with it ignored what runs in the background.
final class EndSignal: Sendable {
  private static let count = Mutex(0)
  static var happened: Bool { count.withLock { $0 > 0 } }

  /// Who is called, each with a number of its own, and the signals that are caught for all of them.
  private struct Listeners {
    var next = 0
    var calls: [Int: @Sendable () -> Void] = [:]
    var caught: [Int32] = []
  }
  private static let listeners = Mutex(Listeners())

  private let number: Int

  /// - Parameter act: called on a thread of its own, once for each signal.
  init(_ act: @escaping @Sendable () -> Void = {}) {
    number = Self.listeners.withLock { state in
      defer { state.next += 1 }
      state.calls[state.next] = act
      return state.next
    }
    Self.listeners.withLock { state in
      guard SignalPipe.open() else { return }
      if state.caught.isEmpty { state.caught = SignalPipe.numbers.filter(SignalPipe.catches) }
      SignalPipe.listen { Self.arrived($0) }
    }
  }

  private static func arrived(_ signals: Int) {
    count.withLock { $0 += signals }
    let calls = listeners.withLock { Array($0.calls.values) }
    for _ in 0..<signals {
      for call in calls { call() }
    }
  }

  /// From here on nothing is called; with the last of these gone, signals end the process again.
  func end() {
    Self.listeners.withLock { state in
      guard state.calls.removeValue(forKey: number) != nil, state.calls.isEmpty else { return }
      for number in state.caught { signal(number, SIG_DFL) }
      state.caught = []
    }
  }
}

/// Signals as bytes of a pipe: a handler may do little more than write one.
private enum SignalPipe {
  static let numbers = [SIGINT, SIGTERM, SIGHUP]

  /// Set once, before any handler is: no handler ever waits for its first value.
  nonisolated(unsafe) private static var writeEnd: Int32 = -1
  private static let state = Mutex<(readEnd: Int32?, isRead: Bool)>((nil, false))

  /// Whether there is a pipe.
  static func open() -> Bool {
    state.withLock { state in
      if state.readEnd != nil { return true }
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return false }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      // A handler never waits, whatever is in the pipe: thousands of signals that nobody has read say no more.
      _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
      state.readEnd = ends[0]
      writeEnd = ends[1]
      return true
    }
  }

  /// - Parameter arrived: called on a thread of its own with the number of signals since the last call.
  static func listen(_ arrived: @escaping @Sendable (Int) -> Void) {
    state.withLock { state in
      guard let readEnd = state.readEnd, !state.isRead else { return }
      state.isRead = true
      Thread.detachNewThread {
        // Whoever started the process may have blocked these signals, in the mask that every thread inherits. One thread
        // that has not is enough: a signal to the process goes to any thread that takes it, also one that came before.
        var taken = sigset_t()
        sigemptyset(&taken)
        for number in numbers { sigaddset(&taken, number) }
        pthread_sigmask(SIG_UNBLOCK, &taken, nil)
        var bytes = [UInt8](repeating: 0, count: 64)
        while true {
          let count = read(readEnd, &bytes, bytes.count)
          if count > 0 { arrived(count) } else if count == 0 || errno != EINTR { return }
        }
      }
    }
  }

  /// Whether this signal arrives from now on.
  static func catches(_ number: Int32) -> Bool {
    var current = sigaction()
    sigaction(number, nil, &current)
    let isIgnored = current.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
    guard !(isIgnored && number == SIGHUP) else { return false }
    var action = sigaction()
    action.sa_flags = SA_RESTART
    action.__sigaction_handler.sa_handler = { _ in
      let saved = errno
      var byte: UInt8 = 0
      _ = write(SignalPipe.writeEnd, &byte, 1)
      errno = saved
    }
    return sigaction(number, &action, nil) == 0
  }
}
