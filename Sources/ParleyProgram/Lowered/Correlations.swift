/// Correlated randomness that an exchange takes from what was prepared: random a and b that nobody knows, and c = a·b,
/// all three shared.
package enum CorrelationKind: Sendable, Hashable {
  /// A multiplication triple of ring words.
  case wordTriple
  /// Sixty-four multiplication triples of bits.
  case bitTripleWord
  /// A triple of matrices a, b and c = a · b.
  case matrixTriple(rows: Int, inner: Int, columns: Int)

  /// The kind in words, for messages and plans.
  package var description: String {
    switch self {
    case .wordTriple: "triples of words"
    case .bitTripleWord: "triples of 64 bits"
    case .matrixTriple(let rows, let inner, let columns): "triples of matrices \(rows) × \(inner) × \(columns)"
    }
  }

  /// Elements of a, of b and of c of one.
  package var elements: (left: Int, right: Int, result: Int) {
    switch self {
    case .wordTriple, .bitTripleWord: (1, 1, 1)
    case .matrixTriple(let rows, let inner, let columns): (rows * inner, inner * columns, rows * columns)
    }
  }

  /// What one party keeps of one.
  package func bytes(perWord: Int) -> Int {
    let (left, right, result) = elements
    return (left + right + result) * (self == .bitTripleWord ? 8 : perWord)
  }
}

/// What an exchange takes, in closed form.
package enum CorrelationUse: Sendable, Hashable {
  /// So many triples of words for each element of each result.
  case wordTriplesPerElement(Int)
  /// So many triples of words for each pair of operand elements.
  case wordTriplesPerTerm(Int)
  /// So many triples of bits for each element of each result; a result takes whole words of 64.
  case bitTriplesPerElement(Int)
  /// So many triples of matrices of the exchange's shape.
  case matrixTriples(Int)

  /// What an exchange of this size takes.
  package func taken(by size: ExchangeSize) -> (kind: CorrelationKind, count: Int) {
    switch self {
    case .wordTriplesPerElement(let count): (.wordTriple, count * size.items * size.length)
    case .wordTriplesPerTerm(let count): (.wordTriple, count * (size.operands / 2))
    case .bitTriplesPerElement(let count): (.bitTripleWord, count * size.items * ((size.length + 63) / 64))
    case .matrixTriples(let count):
      (.matrixTriple(rows: size.rows, inner: size.inner, columns: size.columns), count)
    }
  }
}

/// What the exchanges of a protocol take, by operation: nothing, where keys suffice. Passes of shuffles take nothing.
package struct CorrelationUses: Sendable, Hashable {
  /// What elementwise products of ring words take.
  package var multiply: [CorrelationUse] = []
  /// What sums of products of ring words take.
  package var innerProducts: [CorrelationUse] = []
  /// What products of matrices take.
  package var matrixProduct: [CorrelationUse] = []
  /// What ANDs take.
  package var and: [CorrelationUse] = []
  /// What words take that become bits.
  package var summands: [CorrelationUse] = []
  /// What words take that are shifted.
  package var shiftedSummands: [CorrelationUse] = []
  /// What bits take that become words.
  package var bitSummands: [CorrelationUse] = []
  /// Nothing is taken.
  package init() {}

  /// Whether no exchange takes anything.
  package var isEmpty: Bool { self == CorrelationUses() }

  /// What exchanges of this kind take.
  package subscript(kind: ExchangeKind) -> [CorrelationUse] {
    switch kind {
    case .multiply: multiply
    case .innerProducts: innerProducts
    case .matrixProduct: matrixProduct
    case .and: and
    case .summands: summands
    case .shiftedSummands: shiftedSummands
    case .bitSummands: bitSummands
    case .shufflePass: []
    }
  }
}

/// The messages with which an engine obtains what a plan demands, flight by flight, before the first input. A party sends its
/// messages of a flight when it has received those of the flight before; a message is sent also where it has no bytes. Where
/// nothing is demanded nothing is sent.
package struct OfflineTraffic: Sendable, Hashable {
  /// What a size counts.
  package enum Unit: Sendable, Hashable {
    /// One, whatever is demanded.
    case run
    /// Triples of words; words of 64 triples of bits.
    case wordTriples, bitTripleWords
    /// Elements of a, b and c of all triples of matrices.
    case leftElements, rightElements, resultElements
    /// Products of elements that make them up: rows · inner · columns of each.
    case matrixTerms
  }
  /// Bytes for each unit, of which as many are counted as there are in whole groups.
  package struct Size: Sendable, Hashable {
    /// What is counted.
    package var unit: Unit
    /// Bytes for each unit.
    package var bytes: Int
    /// Units that are always sent together.
    package var group: Int
    /// A size; see the properties.
    package init(_ unit: Unit, bytes: Int, groupsOf group: Int = 1) {
      (self.unit, self.bytes, self.group) = (unit, bytes, group)
    }
  }
  /// One message of a flight.
  package struct Message: Sendable, Hashable {
    /// The computing party that sends.
    package var from: Int
    /// The computing party that receives.
    package var to: Int
    /// They add up to the size of the message.
    package var sizes: [Size]
    /// A message; see the properties.
    package init(from: Int, to: Int, sizes: [Size]) { (self.from, self.to, self.sizes) = (from, to, sizes) }

    /// Bytes of the message for a demand.
    package func bytes(_ demand: CorrelationDemand) -> Int {
      sizes.reduce(0) { total, size in
        total + (demand.count(of: size.unit) + size.group - 1) / size.group * size.group * size.bytes
      }
    }
  }

  /// Messages by flight.
  package var flights: [[Message]]
  /// Messages by flight; none where keys suffice.
  package init(flights: [[Message]] = []) { self.flights = flights }
}
