/// Correlated randomness that an exchange takes from outside the protocol: of random a and b, which nobody knows, and c = a·b,
/// all shared.
package enum CorrelationKind: Sendable, Hashable {
  /// Of ring words.
  case wordTriple
  /// Of bits; counted in words of 64.
  case bitTripleWord
  /// Of matrices, c being their product.
  case matrixTriple(rows: Int, inner: Int, columns: Int)

  package var description: String {
    switch self {
    case .wordTriple: "triples of words"
    case .bitTripleWord: "triples of 64 bits"
    case .matrixTriple(let rows, let inner, let columns): "triples of matrices \(rows) × \(inner) × \(columns)"
    }
  }
}

/// How much of each kind a run takes. It follows from public sizes, so every party knows it before the first input.
package struct CorrelationDemand: Sendable, Hashable {
  package private(set) var amounts: [CorrelationKind: Int] = [:]
  package init() {}

  package mutating func add(_ kind: CorrelationKind, _ count: Int) {
    if count > 0 { amounts[kind, default: 0] += count }
  }
  /// Adds so many times what has been taken since then.
  mutating func add(_ count: Int, timesTheDemandSince before: Self) {
    for (kind, amount) in amounts { add(kind, count * (amount - before.amounts[kind, default: 0])) }
  }
  package var isEmpty: Bool { amounts.isEmpty }
  /// Of all kinds together.
  package var total: Int { amounts.values.reduce(0, +) }
  /// In an order that is the same everywhere.
  package var sorted: [(kind: CorrelationKind, count: Int)] {
    amounts.map { (kind: $0.key, count: $0.value) }.sorted { $0.kind.description < $1.kind.description }
  }
}

extension EngineDescriptor {
  /// What an exchange takes; nil where keys suffice.
  package func correlation(of kind: ExchangeKind, _ size: ExchangeSize) -> (kind: CorrelationKind, count: Int)? {
    guard takesTriples else { return nil }
    switch kind {
    case .multiply: return (.wordTriple, size.items * size.length)
    case .innerProducts: return (.wordTriple, size.operands / 2)
    case .and: return (.bitTripleWord, size.items * ((size.length + 63) / 64))
    case .matrixProduct, .summands, .shiftedSummands, .bitSummands, .shufflePass: return nil
    }
  }
}
