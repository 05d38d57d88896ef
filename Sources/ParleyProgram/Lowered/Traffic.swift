/// The operations of an engine that may communicate.
package enum ExchangeKind: Sendable, Hashable {
  /// Inner products, and sums of elementwise products: several products to a result.
  case innerProducts
  /// Elementwise products of words, products of matrices, ANDs of bits.
  case multiply, matrixProduct, and
  /// Summands of words as bits, of words as shifted words, and of bits as words.
  case summands, shiftedSummands, bitSummands
  /// One of the three passes of a shuffle.
  case shufflePass(Int)
}

/// The public sizes of one exchange: what its messages' lengths follow from.
package struct ExchangeSize: Sendable, Hashable {
  /// The number of results.
  package var items: Int
  /// Elements of each result.
  package var length: Int
  /// Elements of all operands; one that is repeated counts as often as it is used. Protocols that mask operands, and
  /// not results, send by this number.
  package var operands: Int
  /// Of the factors of a matrix product; 0 for all else.
  package var rows = 0, inner = 0, columns = 0

  /// - Parameter operands: two for each element of each result, where nothing else is said.
  package init(items: Int, length: Int, operands: Int? = nil) {
    self.items = items
    self.length = length
    self.operands = operands ?? 2 * items * length
  }

  /// Size of one product of two matrices.
  package static func matrixProduct(rows: Int, inner: Int, columns: Int) -> ExchangeSize {
    var size = ExchangeSize(items: 1, length: rows * columns, operands: rows * inner + inner * columns)
    (size.rows, size.inner, size.columns) = (rows, inner, columns)
    return size
  }
  /// - Parameter terms: products of vectors that are summed up, over all lists.
  package static func productSums(lists: Int, terms: Int, length: Int) -> ExchangeSize {
    .init(items: lists, length: length, operands: 2 * terms * length)
  }
  /// - Parameter terms: products of single elements that are summed up, over all lists.
  package static func innerProducts(lists: Int, terms: Int) -> ExchangeSize {
    .init(items: lists, length: 1, operands: 2 * terms)
  }
}

/// What the messages of one operation are, as plain data.
///
/// An operation takes as many flights as it says, each of which waits for the one before: a party sends its messages of
/// flight f + 1 after it has received those of flight f. None at all is a local operation.
package struct Traffic: Sendable, Hashable {
  /// Who sends or receives a message.
  package enum Role: Sendable, Hashable {
    /// A computing party.
    case party(Int)
    /// The holder that deals an input.
    case holder
    /// The principal that a value is opened to.
    case recipient
    /// Of an opening to a computing party: the party so many places after it.
    case afterRecipient(Int)

    /// The number of the principal.
    package func principal(parties: Int, holder: Int = 0, recipient: Int = 0) -> Int {
      switch self {
      case .party(let party): party
      case .holder: holder
      case .recipient: recipient
      case .afterRecipient(let distance): (recipient + distance) % parties
      }
    }
  }

  /// One message of an operation on `items` results of `length` elements.
  package struct Message: Sendable, Hashable {
    /// How long the message is, from the public sizes of the exchange.
    package enum Size: Sendable, Hashable {
      /// items · length · bytes (ring words of the results)
      case words(Int)
      /// operands · bytes (ring words of the operands)
      case operandWords(Int)
      /// items · planes · ⌈length/8⌉ bytes (bit planes, each packed to whole bytes)
      case planes(Int)
      /// So many bytes, whatever the size of the operation (digests)
      case bytes(Int)
    }
    /// One of several parts of the results, as equal in size as can be. Each part has a king of its own.
    package struct Segment: Sendable, Hashable {
      /// Number of the part, from 0.
      package var index: Int
      /// The number of parts of all results.
      package var count: Int
      /// Part `index` of `count`.
      package init(_ index: Int, of count: Int) { (self.index, self.count) = (index, count) }
      /// The part of so many results, or elements.
      package func range(of total: Int) -> Range<Int> {
        total * index / count..<total * (index + 1) / count
      }
    }

    /// Who sends.
    package var from: Role
    /// Who receives.
    package var to: Role
    /// How long it is.
    package var size: Size
    /// Of the results' elements where the size is in words, of the results where it is in planes; nil for all of them.
    package var segment: Segment?

    /// A message between two roles.
    package init(from: Role, to: Role, size: Size, segment: Segment? = nil) {
      self.from = from
      self.to = to
      self.size = size
      self.segment = segment
    }
    /// A message between two computing parties.
    package init(from: Int, to: Int, size: Size, segment: Segment? = nil) {
      self.init(from: .party(from), to: .party(to), size: size, segment: segment)
    }

    /// Bytes for these sizes.
    package func bytes(_ exchange: ExchangeSize) -> Int {
      func part(_ total: Int) -> Int { segment.map { $0.range(of: total).count } ?? total }
      return switch size {
      case .words(let bytes): part(exchange.items * exchange.length) * bytes
      case .operandWords(let bytes): exchange.operands * bytes
      case .planes(let count): part(exchange.items) * count * ((exchange.length + 7) / 8)
      case .bytes(let count): count
      }
    }
    /// Bytes for so many results of one length.
    package func bytes(items: Int, length: Int) -> Int { bytes(.init(items: items, length: length)) }
  }

  /// The messages, by flight.
  package var flights: [[Message]]

  /// Messages by flight.
  package init(flights: [[Message]]) { self.flights = flights }
  /// One flight.
  package init(_ messages: [Message]) { flights = [messages] }
  /// No message.
  package static let local = Traffic(flights: [])

  /// Whether there is no message.
  package var isLocal: Bool { flights.isEmpty }
  /// How often an engine is asked to take this operation on: local ones are finished with the flight of the others.
  package var flightCount: Int { max(1, flights.count) }

  /// Every computing party to the one before it.
  package static func toPrevious(parties: Int, _ size: Message.Size) -> [Message] {
    (0..<parties).map { Message(from: $0, to: ($0 + parties - 1) % parties, size: size) }
  }
  /// Every computing party to every other.
  package static func toEveryOther(parties: Int, _ size: Message.Size) -> [Message] {
    (0..<parties).flatMap { from in
      (0..<parties).filter { $0 != from }.map { Message(from: from, to: $0, size: size) }
    }
  }
  /// Every computing party to the recipient of an opening.
  package static func toRecipient(parties: Int, _ size: Message.Size) -> [Message] {
    (0..<parties).map { Message(from: .party($0), to: .recipient, size: size) }
  }
}
