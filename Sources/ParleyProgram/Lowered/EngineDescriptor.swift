/// Whom a protocol withstands.
public enum Adversary: String, Sendable, Hashable, Codable, CaseIterable {
  /// Everybody runs the agreed program, and tries to learn from what it sees.
  case semiHonest = "semi-honest"
  /// So many parties as the protocol says may deviate in any way; the run then ends before any output.
  case malicious
}

/// What an engine is, as plain data: the planner computes every cost from it without importing the engine.
///
/// Bytes are protocol payload. Traffic lists who sends how much to whom in terms of the operation's size; engines send
/// exactly these messages in exactly these flights.
package struct EngineDescriptor: Sendable, Hashable {
  /// Two roles and a size.
  package typealias Message = Traffic.Message

  /// Name of the protocol in plans and receipts.
  package var name: String
  /// Whom the protocol withstands.
  package var adversary: Adversary
  /// The number of computing parties.
  package var parties: Int
  /// How many parties together still learn nothing.
  package var privacyThreshold: Int
  /// Summands an arithmetic value is split into for A→B, and bits for B→A.
  package var arithmeticSummands: Int
  /// Summands that a bit is split into on its way to a ring word.
  package var booleanSummands: Int
  /// Whether there are ring words. Without them every value is computed as bits: nothing then asks for products of words, sums,
  /// conversions or openings of words, and the messages of these are not read.
  package var hasWords = true
  /// Bytes one party stores for a shared ring word, and bits for a shared bit.
  package var bytesPerWord: Int
  /// Bits that one party stores for a shared bit.
  package var bitsPerBit: Int
  // The messages of each operation between computing parties.
  /// Messages of elementwise products of ring words.
  package var multiply: Traffic
  /// Messages of sums of products of ring words.
  package var innerProducts: Traffic
  /// Messages of products of matrices.
  package var matrixProduct: Traffic
  /// Messages of ANDs.
  package var and: Traffic
  /// Of ``Instruction/Kind/summands(_:width:out:)``.
  package var summands: Traffic
  /// Of ``Instruction/Kind/shiftedSummands(_:bits:out:)``.
  package var shiftedSummands: Traffic
  /// Messages of ``Instruction/Kind/bitSummands(_:out:)``.
  package var bitSummands: Traffic
  /// From a holder to computing parties, for one column of words or so many planes.
  package var inputArith: [Message]
  /// From a holder to computing parties, for the planes of one column.
  package var inputPlanes: [Message]
  /// Messages of opening words to one computing party.
  package var openToComputing: [Message]
  /// Messages of opening planes to one computing party.
  package var openPlanesToComputing: [Message]
  /// Messages of opening words to a recipient that does not compute.
  package var openToRecipient: [Message]
  /// To a recipient that does not compute, of planes.
  package var openPlanesToRecipient: [Message]
  /// By pass of a shuffle, of all ring words (`words`) and of all bit planes (`planes`) of the rows; empty where shuffles
  /// are not offered.
  package var shufflePasses: [Traffic] = []
  /// Whether there are shuffles.
  package var shuffles: Bool { !shufflePasses.isEmpty }
  /// Correlated randomness that exchanges take; it is obtained before the first input (``CorrelationDemand``).
  package var correlations = CorrelationUses()
  /// The messages of that.
  package var offline = OfflineTraffic()
  /// Whether programs may have barriers: the engine can save its shares once all so far has been verified.
  package var hasCheckpoints = false
  /// How many computing parties may vanish while the others go on to the same result; less than half of them. 0 for engines that need
  /// everybody: then the loss of a computing party ends the session.
  package var toleratedDepartures = 0
  /// Parties that need keys which exactly they know, three or more at a time; every pair has keys anyway.
  package var keyGroups: [[Int]] = []
  /// Bytes that every computing party sends, for each holder, to each party with which it shares a share, once all
  /// inputs have arrived: what copies are compared by. 0 where they are not compared.
  package var inputComparisonBytes: Int
  /// Messages in the flight of that comparison, for every arithmetic input column.
  package var authenticateInput: [Message] = []
  /// How products are verified before an opening; nil where the engine trusts the parties.
  package var verifier: VerifierDescriptor?

  /// An engine with ring words.
  ///
  /// - Parameters:
  ///   - innerProducts: as `multiply` if nil, which holds for protocols that send something for each result and not for
  ///     each operand.
  ///   - matrixProduct: likewise.
  package init(
    name: String, adversary: Adversary, parties: Int, privacyThreshold: Int, arithmeticSummands: Int,
    booleanSummands: Int, bytesPerWord: Int, bitsPerBit: Int, multiply: Traffic, innerProducts: Traffic? = nil,
    matrixProduct: Traffic? = nil, and: Traffic, summands: Traffic, shiftedSummands: Traffic, bitSummands: Traffic,
    inputArith: [Message], inputPlanes: [Message], openToComputing: [Message], openPlanesToComputing: [Message],
    openToRecipient: [Message], openPlanesToRecipient: [Message], inputComparisonBytes: Int = 0,
    verifier: VerifierDescriptor? = nil
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
    self.innerProducts = innerProducts ?? multiply
    self.matrixProduct = matrixProduct ?? multiply
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

  /// A descriptor of an engine without ring words.
  package init(
    withoutWords name: String, adversary: Adversary, parties: Int, privacyThreshold: Int, bitsPerBit: Int,
    and: Traffic, inputPlanes: [Message], openPlanesToComputing: [Message], openPlanesToRecipient: [Message],
    inputComparisonBytes: Int = 0, verifier: VerifierDescriptor? = nil
  ) {
    self.init(
      name: name, adversary: adversary, parties: parties, privacyThreshold: privacyThreshold,
      arithmeticSummands: 1, booleanSummands: 1, bytesPerWord: 8, bitsPerBit: bitsPerBit, multiply: .local,
      and: and, summands: .local, shiftedSummands: .local, bitSummands: .local, inputArith: [],
      inputPlanes: inputPlanes, openToComputing: [], openPlanesToComputing: openPlanesToComputing,
      openToRecipient: [], openPlanesToRecipient: openPlanesToRecipient,
      inputComparisonBytes: inputComparisonBytes, verifier: verifier)
    hasWords = false
  }

  /// The messages of an operation.
  package func traffic(of kind: ExchangeKind) -> Traffic {
    switch kind {
    case .multiply: multiply
    case .innerProducts: innerProducts
    case .matrixProduct: matrixProduct
    case .and: and
    case .summands: summands
    case .shiftedSummands: shiftedSummands
    case .bitSummands: bitSummands
    case .shufflePass(let pass): shufflePasses.indices.contains(pass) ? shufflePasses[pass] : .local
    }
  }

  /// Bytes by sender and receiver of one flight of a pass of a shuffle of `length` rows with so many columns of words and
  /// planes. Columns of one kind travel in one message; there is none for a kind without columns.
  package func shuffleBytes(
    pass: Int, flight: Int = 0, words: Int, planes: Int, length: Int
  ) -> [(from: Int, to: Int, bytes: Int)] {
    let flights = traffic(of: .shufflePass(pass)).flights
    guard flights.indices.contains(flight) else { return [] }
    return flights[flight].compactMap { message in
      let items: Int
      switch message.size {
      case .words, .operandWords: items = words
      case .planes: items = planes
      case .bytes: items = 1
      }
      return items == 0
        ? nil
        : (
          message.from.principal(parties: parties), message.to.principal(parties: parties),
          message.bytes(items: items, length: length)
        )
    }
  }
}
