package import ParleyBase
internal import ParleyProgram

extension Engine {
  /// Of engines whose operations take one flight each.
  package func resume(_ pending: inout Pending, flight: Int) throws(ParleyError) {
    throw ParleyError(.invariant, "the engine \(descriptor.name) has no flight \(flight) of an operation")
  }
  /// How many flights an operation takes.
  package func flightCount(of exchange: Exchange<Arith, Plane>) -> Int {
    descriptor.traffic(of: exchange.kind).flightCount
  }

  /// For each bit of the numbers, the elements where it is set and zeros elsewhere, by position alone; then their sum with the weights
  /// of the bits.
  package func scaled(_ a: Arith, by numbers: [UInt64]) -> Arith {
    let count = numbers.count
    if count == 0 { return a }
    let rows = stack([a, constant(0, count: 1)])
    var terms: [(Arith, UInt64)] = []
    for place in 0..<64 as Range<UInt64> where numbers.contains(where: { $0 >> place & 1 == 1 }) {
      let order = numbers.enumerated().map { Int32($1 >> place & 1 == 1 ? $0 : count) }
      terms.append((gather(words: [rows], planes: [], by: order).words[0], 1 << place))
    }
    return linear(terms, constant: 0, count: count)
  }
  package func xor(pairs: [(Plane, Plane)], count: Int) -> [Plane] {
    pairs.map { xor($0.0, $0.1, count: count) }
  }
  package func not(planes: [Plane]) -> [Plane] { planes.map { not($0) } }
  package func stack(lists: [[Plane]]) -> [Plane] { lists.map { stack(planes: $0) } }
  package func elements(planes: [Plane], at index: Int) -> [Plane] {
    planes.map { element($0, at: index) }
  }
  package func `repeat`(planes: [Plane], count: Int) -> [Plane] {
    planes.map { `repeat`($0, count: count) }
  }
  package func slice(planes: [Plane], start: Int, count: Int) -> [Plane] {
    planes.map { slice($0, start: start, count: count) }
  }
  package func slice(words: [Arith], start: Int, count: Int) -> [Arith] {
    gather(words: words, planes: [], by: (start..<start + count).map { Int32($0) }).words
  }
  package func interleave(planes: [Plane], count: Int) -> Plane {
    if planes.count == 1 { return planes[0] }
    var order: [Int32] = []
    order.reserveCapacity(planes.count * count)
    for element in 0..<count {
      for plane in planes.indices { order.append(Int32(plane * count + element)) }
    }
    return gather(words: [], planes: [concatenate(planes: planes)], by: order).planes[0]
  }
}

extension Engine where BitRows == [Plane] {
  package func bitRows(_ planes: [Plane]) -> BitRows { planes }
  package func gather(_ rows: BitRows, by order: [Int32]) -> [Plane] {
    gather(words: [], planes: rows, by: order).planes
  }
}
