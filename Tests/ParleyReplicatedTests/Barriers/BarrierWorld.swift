import ParleyBase
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Synchronization

/// What tests of barriers have in common.
enum BarrierWorld {
  static func cost(
    _ job: ProgramRun, on descriptor: EngineDescriptor, _ barriers: BarrierPlan, _ point: BarrierPlan.Point?
  ) -> Cost {
    CostModel.cost(
      of: job.program, on: descriptor,
      shape: RunShape(
        principals: descriptor.parties + 2,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }), barriers: barriers, resumedAt: point)
  }

  /// How many checkpoints every party has.
  final class Keepers: Sendable {
    private let list = Mutex<[Int]>([])
    func note(_ count: Int) { list.withLock { $0.append(count) } }
    var counts: [Int] { list.withLock { $0 } }
  }
}
