import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP (a terminal that is closed), as a question or a call instead of the end of the process, so that a session ends for
/// everybody and what lies in temporary folders goes. What was ignored when the program began stays ignored: `nohup`
/// means it.
final class EndSignal: @unchecked Sendable {
  // Unchecked: `sources` and `before` are used by the thread that makes and ends this.
  private static let count = Mutex(0)
  static var happened: Bool { count.withLock { $0 > 0 } }

  private var sources: [any DispatchSourceSignal] = []
  private var caught: [Int32] = []

  /// - Parameter act: called on a queue of its own, once for each signal.
  init(_ act: @escaping @Sendable () -> Void = {}) {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var current = sigaction()
      sigaction(number, nil, &current)
      let isIgnored = current.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
      // Shells start what runs in the background with SIGINT ignored; a trial's parties are stopped with it all the same.
      if isIgnored, number == SIGHUP { continue }
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        Self.count.withLock { $0 += 1 }
        act()
      }
      source.resume()
      sources.append(source)
      caught.append(number)
    }
  }

  /// From here on the signals end the process again.
  func end() {
    for source in sources { source.cancel() }
    for number in caught { signal(number, SIG_DFL) }
    caught = []
  }
}
