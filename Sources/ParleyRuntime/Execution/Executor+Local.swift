internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

extension Executor {
  /// Runs an instruction without communication.
  func runLocal(_ instruction: Instruction, half: Int) throws(ParleyError) {
    let count = length(of: instruction, half: half)
    switch instruction.kind {
    case .constantArith(let value, let out):
      registers.write(engine.constant(value, count: count), to: out)
    case .constantPlane(let value, let out):
      registers.write(engine.constantPlane(value, count: count), to: out)
    case .linear(let terms, let constant, let out):
      var values: [(E.Arith, UInt64)] = []
      values.reserveCapacity(terms.count)
      for term in terms { values.append((try registers[term.register], term.factor)) }
      registers.write(engine.linear(values, constant: constant, count: count), to: out)
    case .sumRows(let a, let out):
      registers.write(engine.sum(try registers[a]), to: out)
    case .stackArith(let list, let out):
      registers.write(engine.stack(try registers.values(list)), to: out)
    case .elementArith(let a, let index, let out):
      registers.write(engine.element(try registers[a], at: index), to: out)
    case .xor(let pairs, let out):
      try registers.write(engine.xor(pairs: try registers.pairs(pairs), count: count), to: out)
    case .not(let list, let out):
      try registers.write(engine.not(planes: try registers.values(list)), to: out)
    case .stackPlanes(let lists, let out):
      var values: [[E.Plane]] = []
      values.reserveCapacity(lists.count)
      for list in lists { values.append(try registers.values(list)) }
      try registers.write(engine.stack(lists: values), to: out)
    case .elementPlanes(let list, let index, let out):
      try registers.write(engine.elements(planes: try registers.values(list), at: index), to: out)
    case .repeatPlanes(let list, let out):
      try registers.write(engine.repeat(planes: try registers.values(list), count: count), to: out)
    case .slicePlanes(let list, let out):
      guard case .part(let index, let table) = instruction.length else {
        throw ParleyError(.invariant, "instruction \(instruction.id) slices what is no holder's part")
      }
      let part = rows.part(index, of: table)
      try registers.write(
        engine.slice(planes: try registers.values(list), start: part.lowerBound, count: part.count), to: out)
    case .concatenateArith(let list, let out):
      registers.write(engine.concatenate(try registers.values(list)), to: out)
    case .concatenatePlanes(let lists, let out):
      for (list, register) in zip(lists, out) {
        registers.write(engine.concatenate(planes: try registers.values(list)), to: register)
      }
    case .moveRows(let move, let bundle, let from, let out):
      try self.move(move, bundle, from: from.evaluate(rows: rows), count: count, out: out)
    case .firstRow(let out):
      var words = [UInt64](repeating: 0, count: (count + 63) / 64)
      if count > 0 { words[0] = 1 }
      try registers.write(engine.constantPlanes([words], count: count), to: [out])
    case .publicPlanes(let sequence, let out):
      var planes = [[UInt64]](repeating: .init(repeating: 0, count: (count + 63) / 64), count: out.count)
      for (row, number) in sequence.values(count).enumerated() {
        for place in out.indices {
          let bit = UInt64(bitPattern: number >> Int64(place)) & 1
          planes[place][row / 64] |= bit << UInt64(row % 64)
        }
      }
      try registers.write(engine.constantPlanes(planes, count: count), to: out)
    case .randomPlanes(let out):
      try registers.write(
        try engine.randomPlanes(out.count, count: count, step: step(instruction.id)), to: out)
    case .runningSum(let a, let out):
      registers.write(engine.runningSum(try registers[a]), to: out)
    case .scaleRows(let a, let sequence, let out):
      let numbers = sequence.values(count).map { UInt64(bitPattern: $0) }
      registers.write(engine.scaled(try registers[a], by: numbers), to: out)
    default:
      throw ParleyError(.invariant, "instruction \(instruction.id) is not local")
    }
  }
}
