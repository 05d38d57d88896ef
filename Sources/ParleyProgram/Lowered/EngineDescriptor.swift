/// Whom a protocol withstands.
public enum Adversary: String, Sendable, Hashable, Codable, CaseIterable {
  case semiHonest = "semi-honest"
  case malicious
}

/// What an engine is, as plain data: the planner computes every cost from it without importing the engine.
///
/// Bytes are protocol payload. A message pattern lists who sends how much to whom among the computing
/// parties, in terms of the operation's size; engines send exactly these messages in exactly this pattern.
package struct EngineDescriptor: Sendable, Hashable {
  /// One message of an operation on `items` results of `length` elements.
  package struct Message: Sendable, Hashable {
    package enum Size: Sendable, Hashable {
      /// items · length · bytes (ring words)
      case words(Int)
      /// items · ⌈length/8⌉ bytes (bit planes, each packed to whole bytes)
      case planes(Int)
      /// So many bytes, whatever the size of the operation (digests)
      case bytes(Int)
    }
    package var from: Int
    package var to: Int
    package var size: Size
    package init(from: Int, to: Int, size: Size) {
      self.from = from
      self.to = to
      self.size = size
    }
    package func bytes(items: Int, length: Int) -> Int {
      switch size {
      case .words(let bytes): items * length * bytes
      case .planes(let count): items * count * ((length + 7) / 8)
      case .bytes(let count): count
      }
    }
  }

  package var name: String
  package var adversary: Adversary
  package var parties: Int
  /// How many parties together still learn nothing.
  package var privacyThreshold: Int
  /// Summands an arithmetic value is split into for A→B, and bits for B→A.
  package var arithmeticSummands: Int
  package var booleanSummands: Int
  /// Bytes one party stores for a shared ring word, and bits for a shared bit.
  package var bytesPerWord: Int
  package var bitsPerBit: Int
  // Messages of each operation, all sent in one round (empty: local).
  package var multiply: [Message]
  package var and: [Message]
  package var summands: [Message]
  package var shiftedSummands: [Message]
  package var bitSummands: [Message]
  /// From a holder (`from` is ignored) to computing party `to`.
  package var inputArith: [Message]
  package var inputPlanes: [Message]
  /// To one computing party r: `from` and `to` are offsets relative to r (to = 0).
  package var openToComputing: [Message]
  /// Planes, likewise.
  package var openPlanesToComputing: [Message]
  /// To a recipient that does not compute (`to` is ignored), from each computing party `from`.
  package var openToRecipient: [Message]
  package var openPlanesToRecipient: [Message]
  /// Whether ``shufflePass`` is offered.
  package var shuffles: Bool = false
  /// By pass of a shuffle: its messages, of all ring words (`words`) and of all bit planes (`planes`) of the rows.
  package var shufflePass: [[Message]] = []
  /// What every computing party sends to each of its two neighbours for each holder, once all inputs have
  /// arrived: 0 where the copies that two parties have of one share are not compared.
  package var inputComparisonBytes: Int
  /// Messages in the flight of that comparison, for every arithmetic input column.
  package var authenticateInput: [Message] = []
  /// How products are verified before an opening; nil where the engine trusts the parties.
  package var verifier: VerifierDescriptor?

  package init(
    name: String, adversary: Adversary, parties: Int, privacyThreshold: Int, arithmeticSummands: Int,
    booleanSummands: Int, bytesPerWord: Int, bitsPerBit: Int, multiply: [Message], and: [Message],
    summands: [Message], shiftedSummands: [Message], bitSummands: [Message], inputArith: [Message],
    inputPlanes: [Message],
    openToComputing: [Message], openPlanesToComputing: [Message], openToRecipient: [Message],
    openPlanesToRecipient: [Message], inputComparisonBytes: Int = 0, verifier: VerifierDescriptor? = nil
  ) {
    self.name = name
    self.adversary = adversary
    self.parties = parties
    self.privacyThreshold = privacyThreshold
    self.arithmeticSummands = arithmeticSummands
    self.booleanSummands = booleanSummands
    self.bytesPerWord = bytesPerWord
    self.bitsPerBit = bitsPerBit
    self.multiply = multiply
    self.and = and
    self.summands = summands
    self.shiftedSummands = shiftedSummands
    self.bitSummands = bitSummands
    self.inputArith = inputArith
    self.inputPlanes = inputPlanes
    self.openToComputing = openToComputing
    self.openPlanesToComputing = openPlanesToComputing
    self.openToRecipient = openToRecipient
    self.openPlanesToRecipient = openPlanesToRecipient
    self.inputComparisonBytes = inputComparisonBytes
    self.verifier = verifier
  }

  /// Bytes by sender and receiver of one pass of a shuffle of `length` rows with so many columns of words and planes.
  /// Columns of one kind travel in one message; there is none for a kind without columns.
  package func shuffleBytes(
    pass: Int, words: Int, planes: Int, length: Int
  ) -> [(from: Int, to: Int, bytes: Int)] {
    guard shufflePass.indices.contains(pass) else { return [] }
    return shufflePass[pass].compactMap { message in
      let items: Int
      switch message.size {
      case .words: items = words
      case .planes: items = planes
      case .bytes: items = 1
      }
      return items == 0 ? nil : (message.from, message.to, message.bytes(items: items, length: length))
    }
  }
}
