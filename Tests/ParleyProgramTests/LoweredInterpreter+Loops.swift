import ParleyProgram
import Testing

extension LoweredInterpreter {
  /// A pass reads nothing but its state and what is shared: everything else that it wrote is taken away after it.
  mutating func passes(of loop: Instruction.Repetition) {
    var words = loop.initial.arith.map { ariths[$0]! }
    var bits = loop.initial.planes.map { planes[$0]! }
    let outside = (ariths, planes, knownSplits)
    for _ in 0..<loop.count {
      (ariths, planes, knownSplits) = ([:], [:], [:])
      for register in loop.shared.arith {
        ariths[register] = outside.0[register]!
        knownSplits[register] = outside.2[register]
      }
      for register in loop.shared.planes { planes[register] = outside.1[register]! }
      for (register, value) in zip(loop.state.arith, words) { ariths[register] = value }
      for (register, value) in zip(loop.state.planes, bits) { planes[register] = value }
      execute(loop.instructions, half: 0)
      words = loop.result.arith.map { ariths[$0]! }
      bits = loop.result.planes.map { planes[$0]! }
    }
    (ariths, planes, knownSplits) = outside
    for (register, value) in zip(loop.out.arith, words) { ariths[register] = value }
    for (register, value) in zip(loop.out.planes, bits) { planes[register] = value }
  }
}
