internal import Glibc

/// A mutex that conditions can wait on. (`Synchronization.Mutex` has no condition variable.)
final class Lock: @unchecked Sendable {
  fileprivate let handle: UnsafeMutablePointer<pthread_mutex_t>

  init() {
    handle = .allocate(capacity: 1)
    handle.initialize(to: pthread_mutex_t())
    let status = pthread_mutex_init(handle, nil)
    precondition(status == 0, "no mutex: \(status)")
  }

  deinit {
    pthread_mutex_destroy(handle)
    handle.deallocate()
  }

  func lock() { pthread_mutex_lock(handle) }
  func unlock() { pthread_mutex_unlock(handle) }

  func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    lock()
    defer { unlock() }
    return try body()
  }
}

/// A condition variable over the monotonic clock, so that a change of wall-clock time neither cuts nor
/// lengthens a deadline.
final class Condition: @unchecked Sendable {
  private let handle: UnsafeMutablePointer<pthread_cond_t>

  init() {
    handle = .allocate(capacity: 1)
    handle.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    let status = pthread_cond_init(handle, &attributes)
    pthread_condattr_destroy(&attributes)
    precondition(status == 0, "no condition variable: \(status)")
  }

  deinit {
    pthread_cond_destroy(handle)
    handle.deallocate()
  }

  /// Waits until woken or until `deadline` (``MonotonicTime``); the lock is held before and after. May wake
  /// without a reason. False when the deadline has passed.
  func wait(_ lock: Lock, until deadline: UInt64) -> Bool {
    var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
    return pthread_cond_timedwait(handle, lock.handle, &time) != ETIMEDOUT
  }

  func wakeAll() { pthread_cond_broadcast(handle) }
}

/// Nanoseconds of the monotonic clock.
enum MonotonicTime {
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// The time `patience` from now, at most 2^62 ns (a century) ahead, so that nothing overflows.
  static func deadline(in patience: Duration) -> UInt64 {
    let parts = patience.components
    guard parts.seconds < 1 << 31 else { return now &+ 1 << 62 }
    guard patience > .zero else { return now }
    return now &+ UInt64(parts.seconds) &* 1_000_000_000 &+ UInt64(parts.attoseconds / 1_000_000_000)
  }
}

/// Looks at `ready` for a few microseconds, giving the core away in between: three parties share two cores, so
/// the message waited for may need this very core. Cheaper than sleeping and being woken when the peer is about
/// to send.
func spinBriefly(_ rounds: Int, until ready: () -> Bool) {
  for _ in 0..<rounds {
    if ready() { return }
    sched_yield()
  }
}
