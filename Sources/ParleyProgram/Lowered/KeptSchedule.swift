private import Synchronization

/// The order of a program's instructions, made when it is first asked for and kept: a study is planned and executed with the same
/// program, and its order takes as long to make as everything else that a plan counts. Copies of a program share it.
///
/// It follows from the instructions, so that it has no part in what makes two programs equal.
final class KeptSchedule: Sendable, Hashable {
  private let made = Mutex<Schedule?>(nil)

  /// - Parameter instructions: the same at every call.
  func value(_ instructions: [Instruction]) -> Schedule {
    made.withLock { made in
      if let made { return made }
      let new = Schedule(instructions)
      made = new
      return new
    }
  }

  static func == (a: KeptSchedule, b: KeptSchedule) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

extension Schedule {
  /// The order inside an instruction that has instructions of its own, made with the order around it and not anew whenever the
  /// instruction is executed.
  package final class Inside: Sendable {
    /// One pass of a loop, one level of a reduction.
    package let schedule: Schedule
    /// Of a loop: registers that are empty between passes. Of a reduction: those that it reads from outside.
    package let registers: RegisterSet

    /// Nil for an instruction without any.
    init?(_ instruction: Instruction) {
      switch instruction.kind {
      case .repeated(let loop):
        schedule = loop.schedule
        registers = loop.ownRegisters
      case .reduce(_, let body, _):
        let outside = body.outerRegisters
        var kept = outside
        kept.add(body.combined)
        schedule = Schedule(body.instructions, kept: kept)
        registers = outside
      default: return nil
      }
    }
  }
}
