internal import BigInt
internal import ParleyBase

/// Sums of products as one exchange: a product that is added to others, and used nowhere else, needs no message of its own.
extension Lowering {
  /// Terms of one sum of products; longer sums are made of several.
  private static var mostTerms: Int { 256 }

  /// Products that a sum, a difference or a multiple is made of, by node; 0 for other nodes, and for sums that are too long.
  func countProducts() -> [Int] {
    var counts = Array(repeating: 0, count: program.nodes.count)
    var terms = Array(repeating: 1, count: program.nodes.count)
    for (index, node) in program.nodes.enumerated() {
      switch node.operation {
      case .add, .subtract, .scale: break
      default: continue
      }
      guard !node.type.isBit, !prefersBits(.init(rawValue: index)) else { continue }
      terms[index] = 0
      for operand in node.operation.operands {
        terms[index] += 1
        guard isOnlySummand(operand) else { continue }
        switch program[operand].operation {
        case .add, .subtract, .scale:
          counts[index] += counts[operand.rawValue]
          terms[index] += terms[operand.rawValue] - 1
        case .multiply, .select: counts[index] += 1
        case .productSum(let pairs):
          counts[index] += pairs.count
          terms[index] += pairs.count
        default: break
        }
      }
    }
    return counts.indices.map { terms[$0] <= Self.mostTerms ? counts[$0] : 0 }
  }

  /// How often each node is read.
  static func uses(of program: Program) -> [Int] {
    var uses = Array(repeating: 0, count: program.nodes.count)
    for node in program.nodes { for operand in node.operation.operands { uses[operand.rawValue] += 1 } }
    for disclosure in program.disclosures { uses[disclosure.node.rawValue] += 1 }
    for requirement in program.requirements { uses[requirement.violated.rawValue] += 1 }
    return uses
  }

  /// Whether only the sum that the node is part of asks for its value, as a ring word.
  private func isOnlySummand(_ id: Program.NodeID) -> Bool {
    uses[id.rawValue] == 1 && !prefersBits(id)
  }

  /// A sum with several products in it: all of them in one exchange. Nil for any other node.
  func sumOfProducts(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister? {
    guard options.joinsProducts, productCounts[id.rawValue] > 1 else { return nil }
    var sum = SummedProducts()
    try write(id, 1, to: &sum)
    return emitter.linear(sum.terms + [(emitter.productSum(sum.products), 1)])
  }

  private struct SummedProducts {
    var terms: [(ArithRegister, UInt64)] = []
    var products: [(ArithRegister, ArithRegister)] = []
  }

  /// Adds factor · node; everything is modulo 2^64.
  private func write(
    _ id: Program.NodeID, _ factor: UInt64, to sum: inout SummedProducts
  ) throws(ParleyError) {
    switch program[id].operation {
    case .add(let a, let b):
      try add(a, factor, to: &sum)
      try add(b, factor, to: &sum)
    case .subtract(let a, let b):
      try add(a, factor, to: &sum)
      try add(b, 0 &- factor, to: &sum)
    case .scale(let a, let by): try add(a, factor &* UInt64(truncatingIfNeeded: by), to: &sum)
    case .multiply(let a, let b): sum.products.append((scaled(try arith(a), factor), try arith(b)))
    case .productSum(let pairs):
      for pair in pairs { sum.products.append((scaled(try arith(pair.a), factor), try arith(pair.b))) }
    case .select(let condition, let a, let b):
      let x = try arith(a), y = try arith(b)
      sum.terms.append((y, factor))
      sum.products.append(
        (try arithBit(try bit(condition)), emitter.linear([(x, factor), (y, 0 &- factor)])))
    default: sum.terms.append((try arith(id), factor))
    }
  }
  private func add(
    _ id: Program.NodeID, _ factor: UInt64, to sum: inout SummedProducts
  ) throws(ParleyError) {
    guard isOnlySummand(id), ariths[id] == nil else {
      sum.terms.append((try arith(id), factor))
      return
    }
    try checkSize(id)
    try write(id, factor, to: &sum)
  }
  private func scaled(_ register: ArithRegister, _ factor: UInt64) -> ArithRegister {
    factor == 1 ? register : emitter.linear([(register, factor)])
  }

  /// Σ factor·bit: each bit is h + l − 2hl, h being the XOR of all summands but the last and l the last, and Σ −2 factor·h·l is one sum
  /// of products (docs/protocols/conversions.md), together with Σ a·b of the further `products`. A bit that is a ring word
  /// already stays it.
  func weighted(
    _ bits: [(bit: Bit, factor: UInt64)], and further: [(ArithRegister, ArithRegister)] = []
  ) throws(ParleyError) -> ArithRegister {
    var constant: UInt64 = 0
    // A sign that is repeated is one bit.
    var factors: [PlaneRegister: UInt64] = [:]
    var order: [PlaneRegister] = []
    for (bit, factor) in bits {
      // 1 - b where it is inverted.
      if bit.inverted { constant &+= factor }
      guard case .plane(let register) = bit.source else { continue }
      if factors[register] == nil { order.append(register) }
      factors[register, default: 0] &+= bit.inverted ? 0 &- factor : factor
    }
    var terms: [(ArithRegister, UInt64)] = []
    var products = further
    for register in order {
      let factor = factors[register, default: 0]
      guard options.joinsProducts, order.count + further.count > 1, bitWords[register] == nil,
        outside(of: register) == nil
      else {
        terms.append((try arithBit(.plane(register)), factor))
        continue
      }
      let summands = summandWords(register)
      guard summands.count > 1, let last = summands.last else {
        terms.append((summands[0], factor))
        continue
      }
      let first = firstSummands(register)
      terms += [(first, factor), (last, factor)]
      products.append((scaled(first, factor &* (0 &- 2)), last))
    }
    if !products.isEmpty { terms.append((emitter.productSum(products), 1)) }
    return emitter.linear(terms, constant: constant)
  }

  /// The XOR of all summands of a bit but the last, of two at least, as a ring word.
  func firstSummands(_ register: PlaneRegister) -> ArithRegister {
    if let outside = outside(of: register) { return outside.firstSummands(register) }
    if let known = leadingWords[register] { return known }
    let words = summandWords(register).dropLast()
    let first = words.dropFirst().reduce(words[0]) { exclusiveOr($0, $1) }
    leadingWords[register] = first
    return first
  }

  /// a + b − 2ab of two bits as ring words.
  func exclusiveOr(_ a: ArithRegister, _ b: ArithRegister) -> ArithRegister {
    emitter.linear([(a, 1), (b, 1), (emitter.multiply(a, b), UInt64(bitPattern: -2))])
  }
}
