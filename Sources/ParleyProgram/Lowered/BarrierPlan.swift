package import ParleyBase

/// Where a program stops to verify everything so far and to save what is alive, so that a run can be resumed there
/// (docs/protocols/checkpoints.md).
///
/// Barriers stand where no message is under way: between rounds of the program (``Schedule``) and between passes of loops that are in
/// no other. A sort, a shuffle or any other algorithm over rows is within one round, and what it opens on its way is opened anew
/// under fresh permutations when the run is resumed before it.
package struct BarrierPlan: Hashable, Sendable {
  /// Numbers of rounds of the schedule after which a barrier stands; round 0 is what comes before the first message.
  package var rounds: Set<Int>
  /// By instruction number of a loop: a barrier after every so many passes, but not after the last.
  package var passes: [Int: Int]

  package static let none = BarrierPlan()
  package init(rounds: Set<Int> = [], passes: [Int: Int] = [:]) {
    self.rounds = rounds
    self.passes = passes
  }

  /// After every so many rounds, and in every loop that is in no other after every so many passes; nil for none.
  package init(everyRounds rounds: Int?, everyPasses passes: Int?, of program: LoweredProgram) {
    let count = program.schedule.rounds.count
    self.rounds = rounds.map { Set(stride(from: max($0, 1), to: count, by: max($0, 1))) } ?? []
    self.passes = [:]
    for instruction in program.instructions {
      if case .repeated = instruction.kind { self.passes[instruction.id] = passes }
    }
  }

  package var isEmpty: Bool { rounds.isEmpty && passes.isEmpty }

  /// A place between instructions.
  package struct Point: Hashable, Sendable, CustomStringConvertible {
    package struct Loop: Hashable, Sendable {
      /// Number of its instruction.
      package var instruction: Int
      /// Passes that are done, from 1.
      package var passes: Int
      package init(instruction: Int, passes: Int) {
        self.instruction = instruction
        self.passes = passes
      }
    }
    /// The round that is done, or, in a loop, to which the loop belongs.
    package var round: Int
    package var loop: Loop?
    package init(round: Int, loop: Loop? = nil) {
      self.round = round
      self.loop = loop
    }
    package var description: String {
      "round \(round)" + (loop.map { ", pass \($0.passes) of loop \($0.instruction)" } ?? "")
    }
  }

  /// All barriers in the order in which they are reached; their numbers are their places here.
  package func points(in program: LoweredProgram) -> [Point] {
    var points: [Point] = []
    for (number, round) in program.schedule.rounds.enumerated() {
      for item in round.rowAlgorithms {
        guard case .repeated(let loop) = item.instruction.kind, let every = passes[item.instruction.id], every > 0
        else { continue }
        for done in stride(from: every, to: loop.count, by: every) {
          points.append(Point(round: number, loop: .init(instruction: item.instruction.id, passes: done)))
        }
      }
      if rounds.contains(number) { points.append(Point(round: number)) }
    }
    return points
  }

  /// The registers that are alive at a point: what is saved. Ascending; of a loop, the state that the next pass begins with is among them.
  package static func live(at point: Point, in program: LoweredProgram) -> RegisterSet {
    let schedule = program.schedule
    var arith: Set<Int> = [], planes: Set<Int> = []
    func pass(_ item: Schedule.Item) {
      let results = item.instruction.resultRegisters
      arith.formUnion(results.arith)
      planes.formUnion(results.planes)
      arith.subtract(item.freed.arith)
      planes.subtract(item.freed.planes)
    }
    for item in schedule.inputs { pass(item) }
    walk: for (number, round) in schedule.rounds.enumerated() where number <= point.round {
      for item in round.exchanges + round.reductions { pass(item) }
      for item in round.rowAlgorithms {
        if number == point.round, let at = point.loop, at.instruction == item.instruction.id {
          guard case .repeated(let loop) = item.instruction.kind else { break walk }
          arith.formUnion(loop.state.arith.map(\.index))
          planes.formUnion(loop.state.planes.map(\.index))
          break walk
        }
        pass(item)
      }
      for item in round.locals { pass(item) }
    }
    var set = RegisterSet()
    (set.arith, set.planes) = (arith.sorted(), planes.sorted())
    return set
  }

  /// - Throws: `plan/barriers` where the program has no such place, or the engine saves no shares.
  package func check(_ program: LoweredProgram, on descriptor: EngineDescriptor) throws(ParleyError) {
    guard !isEmpty else { return }
    guard descriptor.hasCheckpoints else {
      throw Self.refused(
        "the protocol \(descriptor.name)\(descriptor.verifier?.method == .macs ? " with macs" : "") cannot save its shares",
        remedy: "run the program without barriers, or on a protocol that has them")
    }
    let schedule = program.schedule
    let count = schedule.rounds.count
    guard rounds.allSatisfy({ (0..<count).contains($0) }) else {
      throw Self.refused(
        "a barrier is asked for after a round that the program does not have",
        remedy: "give rounds from 0 to \(count - 1)")
    }
    var loops: Set<Int> = []
    for item in schedule.rounds.flatMap(\.rowAlgorithms) {
      if case .repeated = item.instruction.kind { loops.insert(item.instruction.id) }
    }
    guard passes.allSatisfy({ loops.contains($0) && $1 > 0 }) else {
      throw Self.refused(
        "barriers are asked for in something that is no loop, or a loop inside another, or not after every so many passes",
        remedy: "give numbers of loops that are in no other, and 1 or more passes for each")
    }
  }

  private static func refused(_ what: String, remedy: String) -> ParleyError {
    ParleyError(.init("plan/barriers"), what, remedy: remedy)
  }

  /// What parties compare.
  package var canonicalBytes: [UInt8] {
    var out = CanonicalWriter()
    out.write(list: rounds.sorted()) { $0.write(UInt64($1)) }
    out.write(list: passes.sorted { $0.key < $1.key }) { out, entry in
      out.write(UInt64(entry.key))
      out.write(UInt64(entry.value))
    }
    return out.bytes
  }
}
