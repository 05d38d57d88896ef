import Dispatch
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

  /// - Parameter act: called on a queue of its own, once for each signal.
  init(_ act: @escaping @Sendable () -> Void = {}) {
    SignalPipe.open { Self.arrived($0) }
    number = Self.listeners.withLock { state in
      defer { state.next += 1 }
      state.calls[state.next] = act
      if state.caught.isEmpty { state.caught = [SIGINT, SIGTERM, SIGHUP].filter(SignalPipe.catches) }
      return state.next
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
  /// Set once, before any handler is: no handler ever waits for its first value.
  nonisolated(unsafe) private static var writeEnd: Int32 = -1
  private static let source = Mutex<(any DispatchSourceRead)?>(nil)

  /// - Parameter arrived: called with the number of signals since the last call.
  static func open(_ arrived: @escaping @Sendable (Int) -> Void) {
    source.withLock { source in
      guard source == nil else { return }
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return }
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
      let readEnd = ends[0]
      writeEnd = ends[1]
      let made = DispatchSource.makeReadSource(fileDescriptor: readEnd, queue: .global())
      made.setEventHandler {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(readEnd, &bytes, bytes.count)
        if count > 0 { arrived(count) }
      }
      made.resume()
      source = made
    }
  }

  /// Whether this signal arrives from now on.
  static func catches(_ number: Int32) -> Bool {
    var current = sigaction()
    sigaction(number, nil, &current)
    let isIgnored = current.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
    guard writeEnd >= 0, !(isIgnored && number == SIGHUP) else { return false }
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
