internal import Glibc
package import ParleyBase

/// A dedicated operating-system thread: engines block, and blocking on Swift's cooperative pool would deadlock
/// parties that share a process.
package final class PartyThread {
  private let thread: pthread_t

  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts `body`. `name` shows in the error when the system refuses; `stackBytes` is reserved, not committed.
  package init(
    name: String, stackBytes: Int = 8 << 20, _ body: @escaping @Sendable () -> Void
  ) throws(ParleyError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    var handle = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let status = pthread_create(
      &handle, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      work.release()
      throw ParleyError(
        ParleyError.Code("state/no-thread"), "the system gave no thread for \(name) (error \(status))",
        remedy: "raise the limits of processes and of memory (ulimit -u, ulimit -v)")
    }
    thread = handle
  }

  /// Waits for the end of the thread; call exactly once.
  package func join() { pthread_join(thread, nil) }
}
