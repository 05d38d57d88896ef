extension Instruction {
  /// A loop: one list of instructions that is gone through so many times.
  ///
  /// Instructions of a pass have numbers of their own in every pass, so that each has its own steps: its streams, its messages and its
  /// place in what is proved. Pass p of the loop adds p · ``numbers`` to the numbers that are written here; inside another loop the pass
  /// of that adds its own part. The sum is the *epoch* of a step.
  package struct Repetition: Hashable, Sendable {
    /// How many passes, 0 or more.
    package var count: Int
    /// What the first pass starts from; as many registers as ``state``, ``result`` and ``out``.
    package var initial: RowBundle
    /// Registers outside that a pass reads, the same values in every pass.
    package var shared: RowBundle
    /// Where a pass finds the carried values.
    package var state: RowBundle
    /// Where it leaves them.
    package var result: RowBundle
    /// Where they are after the last pass.
    package var out: RowBundle
    /// Rounds count from 1 within a pass.
    package var instructions: [Instruction]
    /// Rounds of one pass.
    package var roundCount: Int
    /// Instruction numbers of one pass, those of a loop inside it counted for each of its passes.
    package var numbers: Int

    /// A loop; see the properties.
    package init(
      count: Int, initial: RowBundle, shared: RowBundle, state: RowBundle, result: RowBundle, out: RowBundle,
      instructions: [Instruction] = [], roundCount: Int = 0, numbers: Int = 0
    ) {
      self.count = count
      self.initial = initial
      self.shared = shared
      self.state = state
      self.result = result
      self.out = out
      self.instructions = instructions
      self.roundCount = roundCount
      self.numbers = numbers
    }

    /// One pass in order; what it leaves, and what it finds outside, is not freed in it.
    var schedule: Schedule {
      var kept = RegisterSet()
      kept.add(result)
      kept.add(shared)
      return Schedule(instructions, kept: kept)
    }

    /// Registers that are empty between passes: those of the state and of the result, apart from what is outside.
    var ownRegisters: RegisterSet {
      var own = RegisterSet()
      let arith = Set(shared.arith), planes = Set(shared.planes)
      own.add(Set(state.arith + result.arith).subtracting(arith).sorted { $0.index < $1.index })
      own.add(Set(state.planes + result.planes).subtracting(planes).sorted { $0.index < $1.index })
      return own
    }

    /// Numbers of the instructions of all passes, from the one after the loop's own.
    package var allNumbers: Int { numbers * count }

    /// Instructions that are executed in all passes.
    package var executions: Int { count * instructions.reduce(0) { $0 + $1.executions } }
  }

  /// How often it, and what it repeats, is executed.
  package var executions: Int {
    if case .repeated(let loop) = kind { 1 + loop.executions } else { 1 }
  }
}

extension LoweredProgram {
  /// Instruction numbers that a program may use; those above belong to proofs, macs and control messages (``StepID``).
  package static let mostNumbers = 0xd0_0000

  /// Instruction numbers of a run, those of loops counted for every pass: no step has another one.
  package var numberCount: Int { instructions.reduce(0) { max($0, $1.endNumber) } }

  /// Instructions whose steps a ledger holds at once: those outside of loops, and of one pass of the longest loop. What has been used in a
  /// pass that is over is known by the numbers of the pass (``PassLedger``).
  package var numbersAtOnce: Int { Self.numbersAtOnce(instructions) }

  private static func numbersAtOnce(_ instructions: [Instruction]) -> Int {
    var own = 0, longest = 0
    for instruction in instructions {
      own += 1 + instruction.kind.innerInstructions
      if case .repeated(let loop) = instruction.kind { longest = max(longest, numbersAtOnce(loop.instructions)) }
    }
    return own + longest
  }
}

extension Instruction {
  fileprivate var endNumber: Int {
    if case .repeated(let loop) = kind { id + 1 + loop.allNumbers } else { id + 1 + kind.innerInstructions }
  }
}

extension Instruction.Kind {
  /// Instructions of bodies of reductions and of functions.
  fileprivate var innerInstructions: Int {
    if case .reduce(_, let body, _) = self { return body.instructions.count }
    return functions.reduce(0) { total, function in
      function.instructions.reduce(total) { $0 + 1 + $1.kind.innerInstructions }
    }
  }
}
