// Made by Scripts/transfer-vectors: known answers of an independent program.
enum TransferVectors {
  /// SHA-256 of the encodings of HG, for the cases of `BaseTransferTests.cases`.
  static let group = [
    "8869ce335569e6f05f1ea1ebd98b58da34d2a6f00c1516a9f1fe49ccf56eeb72",
    "dea0b1106453ec8b63b624cf052c7a3097a841aea1625640bcb40ff27578d2a2",
    "529ba9e72726699043b53e8d2b15a681566656307d376059d1f313cc8de9e1c8",
    "426b086e0d088aba79d46bfcef14bb09e1b431930f2b1d7f037aafdb5c696455",
    "400fb9e6f9af3d8f8db095efb3a6055ecaa1ed7f9cc0fce29986beb14e93a55b",
    "07d0282da2aced910195ccbc03beec38c2be21a848ac99ebc78f540af6017072",
    "1d7c82e3edccb6dbd1ea110e1b1088c680dd51ba16369bf5b3e711d3d0c16102",
  ]
  /// The same under the label of the short form.
  static let shortGroup = [
    "36ad9521952dec2d446ebd717117344bedd2ec0c1dcd9c6b9aca0a47f5ec0a27",
    "bc70eedb356f7cdfb0143b258352aa28c2b412b18c64a716c191812cf5581f3b",
    "c299fdeebeee913c982c9000904017956b483b119a93321b2d87f3a044d06aa4",
    "f0bebce4c8c0d1ebb9689280c9812ad99ef22b8ebc3f098a1b61f915aa518336",
    "468f7d247fa720f2d264186cccd28ad25aeab3e21386ee7a1d7fc9df8b5d3bf6",
    "f61fdf2d5aaa605f03ecb1471eb70f0051c7ff752a7a58077a569533ae6e7d34",
    "4ba66c6234a5dfc086c8d5ea979244c41d402439831b7d5ff14ab748cacbb7a7",
  ]
  /// Begin and end of the first.
  static let wholeElement = [
    "c46b638bac0ede0a9921529ffbe5828207af48539adbd9442cc3cc23197e44e4",
    "bbab74f98ae66af8fa946dedf93d7772a66e9029e02c4ab259f73d6a9c893bd3",
  ]
  /// H of the short form.
  static let strings = [
    "23afc9a35049e4f8d5b4dfe455c847201756361d5c81cd5768a5568eb0d780ce",
    "93cd63a1e6b1394db779fd812b9774604258b1a8a777d871b44d9c657ef69610",
    "377c52f96616fdd70beaf97db91aa80d41c70f29ba18ae62b822b196db48147a",
    "03f75f34c67f6f2def537337beed50b986890694a6058226c2f66a775d636cd0",
    "dbff8fbf70d798de737679f2c0c3049c470cc7fdc4f9eadc5355fcc310e22f01",
    "80fa30086c30c9365b842c3d042ee74d803d83562f65831bc8266aaf81b7dc67",
    "23afc9a35049e4f8d5b4dfe455c847201756361d5c81cd5768a5568eb0d780ce",
  ]
  /// Keys that come out.
  static let keys = [
    "7ade8f8289e61c0ee5b2a2a1c15c5195ff0a2cfa5de742c093907f70b118317e",
    "897e27ef4a088f6c8d01ca37262a058e8fda62210551f25e0dba8f8102fb6a11",
    "4af2820ff618a05faadb0812a377b6b681cfc7dead11e17953477999f938d20d",
    "0a062a8441a1b029b4fe9edb82dc78a7202e7dce19f08126c73dc80b7f230e38",
    "d2cb21e3ac1b31e52714a9197f0cb85ef756374ca2a54da39d51c918df2205bb",
    "2b756492b30a13e681ef225dc725c73ba12f8eca0ff4badea2b98034b63b1678",
    "7ade8f8289e61c0ee5b2a2a1c15c5195ff0a2cfa5de742c093907f70b118317e",
  ]
  /// For the numbers of `RowHashTests`.
  static let mitccrh = [
    "d76d6192043046c0bb998de3fb6c4b07",
    "4eebbf501fb4665b7461726e2dbc5e2c",
    "901388b35f86c14d40be3e91b2649bdd",
    "e815ab3074618e9ad439eae439aec10d",
    "4068c0e488f5192b4689c6655ea86a76",
  ]
  /// Likewise.
  static let tmmo = [
    "be922e5fc4d6d9dd39e87d199ec64cd8",
    "14f043710c33fdef103ddbd88dd2b48d",
    "e6dbcbb4dd8b4aef84bfa0787eb8cd80",
    "93cf2ed5044835eedcbcbafc04b8fe53",
    "cc83966dcb05d3ccb3f20376b4a48c03",
  ]
}
