/// One round of a function of rows, with what a machine knows of its instructions (``FunctionMachine``).
package struct FunctionRound<Step, Function> {
  package var exchanges: [Step]
  /// Sums over the rows, with what each applies to its levels. Nothing else takes rounds of its own inside a function.
  package var sums: [(step: Step, adder: Function?)]
  package var locals: [Step]

  /// - Parameters:
  ///   - step: what the machine knows of an instruction.
  ///   - function: the adder of a sum, ready to be applied.
  package init(_ round: Schedule.Round, step: (Schedule.Item) -> Step, function: (RowFunction) -> Function) {
    exchanges = round.exchanges.map(step)
    sums = round.rowAlgorithms.map { (step($0), $0.instruction.kind.functions.first.map(function)) }
    locals = round.locals.map(step)
  }
}

/// A machine that goes through the rounds of functions of rows. The order is written once, in ``run(_:half:level:chunk:)``; the
/// executor's machine and the cost model are driven by it.
package protocol FunctionMachine: RowMachine {
  /// An instruction of a function.
  associatedtype Step

  func rounds(of function: Function) -> [FunctionRound<Step, Function>]
  func instruction(of step: Step) -> Instruction
  /// Elements that an instruction of a function is applied to, on `half` pairs of rows.
  func count(of instruction: Instruction, half: Int) -> Int
  /// Takes exchanges through all their flights, which nothing else shares.
  mutating func exchange(_ steps: [Step], half: Int, level: Int, chunk: Int) throws(Failure)
  mutating func begin(sum step: Step)
  mutating func end(sum step: Step, _ result: Rows, half: Int) throws(Failure)
  mutating func runLocal(_ step: Step, half: Int) throws(Failure)
}

extension FunctionMachine {
  /// The rounds of a function on `half` pairs of rows, whose operands are where it finds them.
  ///
  /// - Parameters:
  ///   - level: the iteration of its steps.
  ///   - chunk: of the rows, a part of their sub-steps.
  package mutating func run(_ function: Function, half: Int, level: Int, chunk: Int) throws(Failure) {
    for round in rounds(of: function) {
      if !round.exchanges.isEmpty { try exchange(round.exchanges, half: half, level: level, chunk: chunk) }
      for (step, adder) in round.sums {
        let instruction = instruction(of: step)
        guard case .sum(_, let sums, let results) = instruction.kind, let adder else {
          try refuse("instruction \(instruction.id) is no work on a chunk of rows")
          continue
        }
        begin(sum: step)
        let result = try sum(
          adder, sums, results: results, count: count(of: instruction, half: half), chunk: chunk)
        try end(sum: step, result, half: half)
      }
      for step in round.locals { try runLocal(step, half: half) }
    }
  }
}
