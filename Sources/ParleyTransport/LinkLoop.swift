internal import Dispatch
internal import Glibc
internal import NIOCore
internal import Synchronization

/// The lock of one mesh or acceptor. It knows its holder, because their pipelines treat "holds the lock" as "is on the event
/// loop".
final class MeshLock: @unchecked Sendable {
  // Unchecked: a pthread mutex at a fixed address.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let holder = Atomic<UInt>(0)

  init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }
  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }
  func lock() {
    pthread_mutex_lock(mutex)
    holder.store(UInt(pthread_self()), ordering: .relaxed)
  }
  func unlock() {
    holder.store(0, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }
  var isHeldHere: Bool { holder.load(ordering: .relaxed) == UInt(pthread_self()) }
}

/// An event loop without a thread: whoever holds the owner's lock is the loop. The owner is a mesh, or the acceptor of a port
/// for callers that no mesh has taken yet.
///
/// Engines block in the mesh, so the thread that waits for a message also reads the socket, decrypts and copies
/// into the engine's buffer. A loop with a thread of its own would add two wake-ups to every message, and waking
/// costs more than the socket. Tasks submitted by handlers run when the current entry into the pipeline ends.
final class LinkLoop: EventLoop, @unchecked Sendable {
  // Unchecked: all state is guarded by the owner's lock.
  private var lock: MeshLock
  private var tasks: [() -> Void] = []
  private var timers: [(id: Int, deadline: NIODeadline, body: () -> Void)] = []
  private var nextTimer = 0

  init(lock: MeshLock) { self.lock = lock }

  /// From now on the holder of `lock` is the loop. Nobody uses the loop meanwhile.
  func move(to lock: MeshLock) { self.lock = lock }

  var inEventLoop: Bool { lock.isHeldHere }

  /// Runs what handlers submitted; called with the lock held after every entry into the pipeline.
  func drain() {
    while !tasks.isEmpty {
      let batch = tasks
      tasks = []
      for task in batch { task() }
    }
  }

  /// Runs timers that are due.
  func fire(now: NIODeadline) {
    guard !timers.isEmpty else { return }
    let due = timers.filter { $0.deadline <= now }
    timers.removeAll { $0.deadline <= now }
    for timer in due { timer.body() }
    drain()
  }

  func discard() {
    tasks = []
    timers = []
  }

  func execute(_ task: @escaping @Sendable () -> Void) {
    // Handlers only ever call from inside the pipeline, hence with the lock held.
    preconditionInEventLoop()
    tasks.append(task)
  }

  private static func complete<T>(_ promise: EventLoopPromise<T>, _ task: () throws -> T) {
    let isolated = promise.assumeIsolated()
    do { isolated.succeed(try task()) } catch { promise.fail(error) }
  }

  func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
    let promise = makePromise(of: T.self)
    execute { Self.complete(promise, task) }
    return promise.futureResult
  }

  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    preconditionInEventLoop()
    let promise = makePromise(of: T.self)
    let id = nextTimer
    nextTimer += 1
    timers.append((id, deadline, { Self.complete(promise, task) }))
    return Scheduled(promise: promise) { [weak self] in self?.timers.removeAll { $0.id == id } }
  }

  func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    scheduleTask(deadline: .now() + delay, task)
  }

  func preconditionInEventLoop(file: StaticString, line: UInt) {
    precondition(inEventLoop, "link pipeline entered without the mesh lock", file: file, line: line)
  }
  func preconditionNotInEventLoop(file: StaticString, line: UInt) {
    precondition(!inEventLoop, "must not hold the mesh lock", file: file, line: line)
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
    queue.async { callback(nil) }
  }
}
