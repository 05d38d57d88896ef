import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyProgram
import ParleyRuntime

/// Prints one line every few seconds while a session runs: how far it is, and for whom it waits.
final class ProgressWatcher: @unchecked Sendable {
  // The timer's queue and the session's thread meet in `reporter`, which locks by itself; the rest is set before
  // the timer starts.
  private let mesh: any Mesh
  private let names: [String]
  private let log: Log
  private let timer = DispatchSource.makeTimerSource(queue: .global())
  private let lock = NSLock()
  private var reporter: ProgressReporter?

  init(_ mesh: any Mesh, names: [String], log: Log) {
    self.mesh = mesh
    self.names = names
    self.log = log
    timer.schedule(deadline: .now() + 3, repeating: 3)
    timer.setEventHandler { [self] in
      let line = lock.withLock { reporter }?.line() ?? nil
      if let line { log.info(line) }
    }
    timer.resume()
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
  func end() { timer.cancel() }
}
