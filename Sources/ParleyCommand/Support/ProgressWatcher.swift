import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyProgram
import ParleyRuntime

/// Prints one line every few seconds while a session runs: how far it is, and for whom it waits.
final class ProgressWatcher: @unchecked Sendable {
  // The watcher's thread and the session's meet in `reporter`, which locks by itself; the rest is set before the watcher
  // starts. It is a thread of its own, because workers of Dispatch end the process where no file descriptor is left.
  private let mesh: any Mesh
  private let names: [String]
  private let log: Log
  private let condition = NSCondition()
  private var isOver = false
  private let lock = NSLock()
  private var reporter: ProgressReporter?

  init(_ mesh: any Mesh, names: [String], log: Log) {
    self.mesh = mesh
    self.names = names
    self.log = log
    Thread.detachNewThread { [self] in
      while pause() {
        let line = lock.withLock { reporter }?.line() ?? nil
        if let line { log.info(line) }
      }
    }
  }

  func begin(_ plan: Plan, _ local: PartyIndex) {
    let names = names
    let made = ProgressReporter(
      mesh: mesh, predictedBytes: plan.cost.bytes[local.rawValue].reduce(0, +),
      label: { names.indices.contains($0.rawValue) ? names[$0.rawValue] : $0.description })
    lock.withLock { reporter = made }
  }
  func reach(_ phase: SessionPhase) { lock.withLock { reporter }?.update(phase) }
  func update(_ progress: ExecutionProgress) { lock.withLock { reporter }?.update(progress) }
  func end() {
    condition.withLock {
      isOver = true
      condition.broadcast()
    }
  }

  /// Three seconds; false once the session is over.
  private func pause() -> Bool {
    condition.withLock {
      let end = Date(timeIntervalSinceNow: 3)
      while !isOver, condition.wait(until: end) {}
      return !isOver
    }
  }
}
