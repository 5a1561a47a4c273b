CREATE TABLE `backstage_backend_public_keys__keys` (`id` varchar(255) not null, `key` text not null, `expires_at` varchar(255) not null, primary key (`id`));
